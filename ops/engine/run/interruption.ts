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
