import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { QuicConnection } from "../../tunnel/quic/connection.ts";
import type { CloseReason, ConnectionHandler } from "../../tunnel/quic/connection_handler.ts";

/** What a test wants done when something happens, after it was recorded. */
export type HandlerHooks = Partial<ConnectionHandler>;

/** A handler that writes down everything that happens, in order. */
export class RecordingHandler implements ConnectionHandler {
  readonly established: QuicConnection[] = [];
  /** Copies of what arrived. */
  readonly datagrams: Uint8Array[] = [];
  /** Where a peer was after each change of its address. */
  readonly addresses: SocketAddress[] = [];
  readonly closed: CloseReason[] = [];
  /** How often each connection was reported closed. */
  readonly timesClosed = new Map<QuicConnection, number>();
  readonly #hooks: HandlerHooks;
  onStreamReadable?: (connection: QuicConnection, streamId: number) => void;

  constructor(hooks: HandlerHooks = {}) {
    this.#hooks = hooks;
    if (hooks.onStreamReadable !== undefined) {
      this.onStreamReadable = (connection, id) => hooks.onStreamReadable!(connection, id);
    }
  }

  onEstablished(connection: QuicConnection): void {
    this.established.push(connection);
    this.#hooks.onEstablished?.(connection);
  }

  onDatagram(connection: QuicConnection, data: Uint8Array): void {
    this.datagrams.push(data.slice());
    this.#hooks.onDatagram?.(connection, data);
  }

  onAddressChange(connection: QuicConnection): void {
    this.addresses.push(connection.remoteAddress);
    this.#hooks.onAddressChange?.(connection);
  }

  onClosed(connection: QuicConnection, reason: CloseReason): void {
    this.closed.push(reason);
    this.timesClosed.set(connection, (this.timesClosed.get(connection) ?? 0) + 1);
    this.#hooks.onClosed?.(connection, reason);
  }
}
