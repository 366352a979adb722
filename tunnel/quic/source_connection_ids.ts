import type { QuicConnection } from "./connection.ts";
import type { ConnectionHost } from "./connection_host.ts";
import type { NativeConnection } from "./quiche.ts";

/** The connection IDs under which the peer of one connection reaches us. */
export class SourceConnectionIds {
  readonly #host: ConnectionHost;
  readonly #native: NativeConnection;
  readonly #cids: Uint8Array[];

  constructor(host: ConnectionHost, native: NativeConnection, first: Uint8Array) {
    this.#host = host;
    this.#native = native;
    this.#cids = [first];
  }

  /** Offers the peer one more. */
  offer(connection: QuicConnection): void {
    const { cid, resetToken } = this.#host.issueConnectionId(connection, this.#cids[0]!);
    try {
      this.#native.newSourceCid(cid, resetToken, true);
      this.#cids.push(cid);
      this.#host.stats.connectionIdsRotated += 1;
    } catch {
      // The peer has not yet retired the last one; the next round tries again.
      this.#host.retireConnectionId(cid);
    }
  }

  /** Forgets those that the peer has retired; costs nothing while there is but one. */
  forgetRetired(): void {
    if (this.#cids.length <= 1) return;
    for (;;) {
      const retired = this.#native.retiredScidNext();
      if (retired === null) return;
      this.#host.retireConnectionId(retired);
      const index = this.#cids.findIndex((cid) => cid.every((byte, at) => byte === retired[at]));
      if (index >= 0) this.#cids.splice(index, 1);
    }
  }

  /** Forgets all: the connection has ended. */
  retireAll(): void {
    for (const cid of this.#cids) this.#host.retireConnectionId(cid);
  }
}
