import type { DrainOutcome } from "../engine/health/drain.ts";
import type { WatchResult } from "./tunnel.ts";

/** What a host's users noticed while a command was at work on it. */
export interface Interruption {
  /** Packets of the probe that did not come back; `null` when there was no tunnel to watch. */
  readonly lost: number | null;
  /** Longest time without any coming back; `null` as above. */
  readonly longestOutageMs: number | null;
  /** How long its peers had to leave; 0 without a drain. */
  readonly drainSeconds: number;
  /** Peers that left in that time, and those whose connection was closed. */
  readonly peersMoved: number;
  readonly peersClosed: number;
}

/** Puts together what the watches and the drain of a host have found. */
export function interruptionOf(
  watches: readonly WatchResult[],
  drain: DrainOutcome | undefined,
): Interruption {
  const isWatched = watches.length > 0;
  const { drainSeconds = 0, peersAtStart = 0, peersLeft = 0 } = drain ?? {};
  return {
    lost: isWatched ? watches.reduce((sum, { lost }) => sum + lost, 0) : null,
    longestOutageMs: isWatched
      ? Math.max(...watches.map(({ longestOutageMs }) => longestOutageMs))
      : null,
    drainSeconds,
    peersMoved: Math.max(0, peersAtStart - peersLeft),
    peersClosed: peersLeft,
  };
}
