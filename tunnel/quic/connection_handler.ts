import type { QuicConnection } from "./connection.ts";

/** Why a connection ended. */
export interface CloseReason {
  /**
   * `peer`, `local`: one side closed it. `idle_timeout`: nothing arrived for 30 s. `handshake`:
   * it never got established. `stateless_reset`: the peer has lost its state.
   */
  readonly by: "peer" | "local" | "idle_timeout" | "handshake" | "stateless_reset";
  /** Whether `code` is the application's; otherwise a transport code (RFC 9000 section 20.1). */
  readonly application: boolean;
  /** 0x100 + alert for TLS failures. */
  readonly code: number;
  /** The peer's or our own reason phrase; from the peer it is hostile text. */
  readonly text: string;
}

/**
 * What a program does with its connections. All methods are called synchronously from the packet
 * loop. An exception closes the connection it came from and is counted; nothing else is affected.
 */
export interface ConnectionHandler {
  /**
   * The handshake is complete. A server has judged the client's certificate by now; a client
   * learns that its own was refused only later, as a close by the peer.
   */
  onEstablished(connection: QuicConnection): void;
  /** One DATAGRAM. `data` is valid, and may be changed in place, during the call only. */
  onDatagram(connection: QuicConnection, data: Uint8Array): void;
  /** Stream `streamId` has data. Without this method streams are read and discarded. */
  onStreamReadable?(connection: QuicConnection, streamId: number): void;
  /** The peer's address has changed; `connection.remoteAddress` is the new one. */
  onAddressChange?(connection: QuicConnection): void;
  /** The connection is over. Called exactly once, also when the handshake failed. */
  onClosed(connection: QuicConnection, reason: CloseReason): void;
}
