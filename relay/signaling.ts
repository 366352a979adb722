import type { Counter } from "../tunnel/metrics.ts";
import { maxStreamChunksPerEvent } from "./limits.ts";
import type { Peer } from "./peer.ts";

/** What the relay does with the streams of its clients (protocol section 4). */
export interface Signaling {
  /** A stream of `peer` has data. */
  onStreamReadable(peer: Peer, streamId: number): void;
  /** `peer` has gone. */
  forget(peer: Peer): void;
}

/**
 * Signaling for peer-to-peer connections that are not offered: streams are read, so that they
 * don't fill up, and discarded. Agents then stay on the relayed path.
 */
export class DiscardedSignaling implements Signaling {
  readonly #discardedBytes: Counter;

  constructor(discardedBytes: Counter) {
    this.#discardedBytes = discardedBytes;
  }

  onStreamReadable(peer: Peer, streamId: number): void {
    for (let chunks = 0; chunks < maxStreamChunksPerEvent; chunks++) {
      const chunk = peer.connection.readStream(streamId);
      if (chunk === undefined) return;
      this.#discardedBytes.inc(chunk.data.length);
    }
  }

  forget(_peer: Peer): void {
    // Nothing is kept.
  }
}
