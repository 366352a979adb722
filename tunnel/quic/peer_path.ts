import type { SocketAddress } from "./address.ts";
import { isLongHeader, parseLongHeader } from "./packet_header.ts";
import type { NativeConnection } from "./quiche.ts";

/** An address in the form that the socket wants, made once. */
interface KnownAddress extends Deno.NetAddr {
  readonly transport: "udp";
}

function toKnown(address: SocketAddress): KnownAddress {
  return { transport: "udp", hostname: address.hostname, port: address.port };
}

/**
 * Where a connection's peer is, and how it may move (RFC 9000 section 9).
 *
 * quiche 0.18 follows a peer badly. It holds two paths and never frees one; it repeats no lost
 * challenge while other packets get through, so that a move stays unfinished; and when a
 * validation has failed, the next packet ends the connection. So quiche is told of one path only,
 * the first, and the move is made here: a packet that is authentic and that quiche had not seen
 * before shows where the peer is now.
 *
 * What is lost is the validation. Who sees the peer's packets and is faster to deliver them than
 * the peer's own network draws the answers to himself (they stay encrypted) until the peer's next
 * packet wins. And a peer that may connect can have what it asks for sent to another address.
 */
export class PeerPath {
  readonly #native: NativeConnection;
  /** What quiche takes for the two ends: it never changes. */
  readonly #receiveInfo: {
    readonly from: { host: string; port: number };
    readonly to: { host: string; port: number };
  };
  #remote: KnownAddress;
  #hasFailed = false;

  /** `local` is our address, `remote` the peer's first one. */
  constructor(native: NativeConnection, local: SocketAddress, remote: SocketAddress) {
    this.#native = native;
    this.#receiveInfo = {
      from: { host: remote.hostname, port: remote.port },
      to: { host: local.hostname, port: local.port },
    };
    this.#remote = toKnown(remote);
  }

  /** The peer's current address. */
  get remoteAddress(): SocketAddress {
    return this.#remote;
  }

  /** Whether a packet of the peer has ended the connection. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Processes a datagram from the peer's current address. */
  receive(data: Uint8Array): void {
    try {
      let rest = data;
      // quiche drops what is coalesced behind a packet that it has no keys for: a DATAGRAM behind
      // a late handshake packet, say.
      while (rest.length > 0 && isLongHeader(rest)) {
        const end = parseLongHeader(rest)?.end ?? rest.length;
        this.#native.recv(rest.subarray(0, end), this.#receiveInfo);
        rest = rest.subarray(end);
      }
      if (rest.length > 0) this.#native.recv(rest, this.#receiveInfo);
    } catch {
      // The packet broke a rule of the protocol: quiche has closed the connection, and says so
      // with the next packet.
      this.#hasFailed = true;
    }
  }

  /**
   * Processes a datagram from elsewhere, and moves there when it shows that the peer has; true
   * when it did. During the handshake nobody moves (RFC 9000 section 9).
   */
  receiveFromElsewhere(data: Uint8Array, from: SocketAddress): boolean {
    const mayMove = this.#native.isEstablished();
    // quiche reports success for packets that it ignores, too.
    const before = this.#native.stats().recv;
    this.receive(data);
    if (!mayMove || this.#native.stats().recv === before) return false;
    this.#remote = toKnown(from);
    return true;
  }
}
