/** A stretch of the run in which nothing came through. */
export interface Outage {
  /** Send time of the last packet that was answered before it, milliseconds. */
  readonly startMs: number;
  /** Until the send time of the first packet that was answered after it, milliseconds. */
  readonly durationMs: number;
  /** Packets lost in it. */
  readonly lost: number;
}

/** Fewer lost packets in a row are loss, not an outage: two lost ones leave a gap of 3 intervals. */
const fewestLostInARow = 3;
const shortestOutageMs = 100;
/** Outages kept one by one; all are counted. */
const mostOutagesKept = 1000;

/**
 * Finds outages from the fate of each packet, told in the order of sending.
 *
 * An **outage** is a gap longer than 3 intervals and longer than 100 ms between the send times of
 * two packets that were answered, with nothing but lost packets between them, at least 3 of them
 * (which are the "longer than 3 intervals", whatever the sender's timer does). Its duration is
 * that gap, so the time without a tunnel was at most this long and at most 2 intervals shorter.
 * Before the first and after the last answered packet, the first and the last packet's own send
 * times take the missing end's place.
 */
export class OutageDetector {
  readonly #outages: Outage[] = [];
  #count = 0;
  #longestMs = 0;
  #gapStartMs: number | undefined;
  #lostInARow = 0;
  #lastLostMs = 0;

  /** The packet sent at `sentMs` was answered in time. */
  answered(sentMs: number): void {
    if (this.#lostInARow > 0) {
      const outage = this.#outageUntil(sentMs);
      if (outage !== undefined) {
        this.#count += 1;
        if (outage.durationMs > this.#longestMs) this.#longestMs = outage.durationMs;
        if (this.#outages.length < mostOutagesKept) this.#outages.push(outage);
      }
      this.#lostInARow = 0;
    }
    this.#gapStartMs = sentMs;
  }

  /** The packet sent at `sentMs` was not answered in time. */
  lost(sentMs: number): void {
    this.#gapStartMs ??= sentMs;
    this.#lostInARow += 1;
    this.#lastLostMs = sentMs;
  }

  /** The outages so far, the first 1,000 one by one, with one that has not ended yet. */
  summary(): { outages: Outage[]; count: number; longestMs: number } {
    const current = this.#outageUntil(this.#lastLostMs);
    if (current === undefined) {
      return { outages: [...this.#outages], count: this.#count, longestMs: this.#longestMs };
    }
    return {
      outages: [...this.#outages, current].slice(0, mostOutagesKept),
      count: this.#count + 1,
      longestMs: Math.max(this.#longestMs, current.durationMs),
    };
  }

  #outageUntil(endMs: number): Outage | undefined {
    if (this.#lostInARow < fewestLostInARow || this.#gapStartMs === undefined) return undefined;
    const durationMs = endMs - this.#gapStartMs;
    if (durationMs <= shortestOutageMs) return undefined;
    return { startMs: this.#gapStartMs, durationMs, lost: this.#lostInARow };
  }
}
