import type { DrainOutcome } from "../engine/health/drain.ts";
import type { Interruption } from "../engine/run/interruption.ts";
import type { WatchResult } from "./tunnel.ts";

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
