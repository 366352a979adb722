import { sameSocketAddress, type SocketAddress } from "./address.ts";
import type { NativeConnection } from "./quiche.ts";

interface NativeAddress {
  host: string;
  port: number;
}

/** An address in the forms that the socket and the binding want, made once. */
interface KnownAddress extends Deno.NetAddr {
  readonly transport: "udp";
}

function toNative(address: SocketAddress): NativeAddress {
  return { host: address.hostname, port: address.port };
}

function toKnown(address: SocketAddress): KnownAddress {
  return { transport: "udp", hostname: address.hostname, port: address.port };
}

/**
 * Where a connection's peer is, and how it may move (RFC 9000 section 9).
 *
 * quiche follows a peer to a new address after having validated it, but keeps at most two paths
 * and frees none whose connection ID is still in use: peers that issue no spare IDs, as the
 * reference's, could move only once. When quiche has no room, the move is made here: an
 * authenticated packet that quiche had not seen before shows where the peer is now, and quiche
 * goes on with the address that it knows. An attacker on the path who is faster than the peer
 * could draw answers away until the peer's next packet, no longer.
 */
export class PeerPath {
  readonly #native: NativeConnection;
  readonly #local: NativeAddress;
  #remote: KnownAddress;
  /** The peer's address as quiche knows it. */
  #nativeRemote: NativeAddress;
  #receiveInfo: { from: NativeAddress; to: NativeAddress };

  /** `local` is what quiche takes for our address: it never changes. */
  constructor(native: NativeConnection, local: SocketAddress, remote: SocketAddress) {
    this.#native = native;
    this.#local = toNative(local);
    this.#remote = toKnown(remote);
    this.#nativeRemote = toNative(remote);
    this.#receiveInfo = { from: this.#nativeRemote, to: this.#local };
  }

  /** The peer's current address. */
  get remoteAddress(): SocketAddress {
    return this.#remote;
  }

  /** Processes a packet from `remoteAddress`. */
  receive(data: Uint8Array): void {
    this.#feed(data, this.#receiveInfo);
  }

  /** The address for the socket of a packet that quiche wants sent to `to`. */
  destination(to: NativeAddress): SocketAddress {
    return to.port === this.#nativeRemote.port && to.host === this.#nativeRemote.host
      ? this.#remote
      : { hostname: to.host, port: to.port };
  }

  /**
   * Processes a packet from another address than `remoteAddress`; true when the peer has moved
   * there. Slow (tens of microseconds): the caller limits how often.
   */
  receiveFromElsewhere(data: Uint8Array, from: SocketAddress): boolean {
    // Decryption is in place, and a second try may be needed.
    const copy = data.slice();
    if (this.#accepts(data, { from: toNative(from), to: this.#local })) {
      return this.#followPathEvents() || this.#returnTo(from);
    }
    if (this.#native.isDraining() || this.#native.isClosed()) return false;
    if (!this.#accepts(copy, this.#receiveInfo)) return false;
    this.#remote = toKnown(from);
    return true;
  }

  #feed(data: Uint8Array, info: { from: NativeAddress; to: NativeAddress }): void {
    try {
      this.#native.recv(data, info);
    } catch {
      // The packet broke a rule of the protocol: quiche has closed the connection, and says so
      // with the next packet.
    }
  }

  /** Whether a packet was authentic and new: quiche reports success for ignored ones too. */
  #accepts(data: Uint8Array, info: { from: NativeAddress; to: NativeAddress }): boolean {
    const before = this.#native.stats().recv;
    this.#feed(data, info);
    return this.#native.stats().recv > before;
  }

  /** The peer is back at the address that quiche knows while we had followed it elsewhere. */
  #returnTo(from: SocketAddress): boolean {
    const { host, port } = this.#nativeRemote;
    if (!sameSocketAddress(from, { hostname: host, port })) return false;
    this.#remote = toKnown(from);
    return true;
  }

  #followPathEvents(): boolean {
    let moved = false;
    for (;;) {
      const event = this.#native.pathEventNext();
      if (event === null || event === undefined) return moved;
      if (event.type !== "PeerMigrated") continue;
      // The binding names our own address "old" and the peer's new one "new".
      const { host, port } = event.new;
      this.#nativeRemote = { host, port };
      this.#receiveInfo = { from: this.#nativeRemote, to: this.#local };
      this.#remote = toKnown({ hostname: host, port });
      moved = true;
    }
  }
}
