import { type Outage, OutageDetector } from "./outage_detector.ts";
import { RttHistogram, type RttSummary } from "./rtt_histogram.ts";

/**
 * Why a packet never left: no registered connection, QUIC's send queue was full, or the connection
 * takes no packets of this size.
 */
export type RefusalReason = "disconnected" | "queueFull" | "tooLong";

/** What a reply was counted as. */
export type ReplyVerdict = "received" | "duplicated" | "late" | "unexpected";

/**
 * What became of the packets. Always `sent = received + lost + pending`. Times in milliseconds.
 *
 * A packet is a request and its reply, so all figures are of the way there and back.
 */
export interface Measurement {
  /** Packets that were due, also those in `refused`. */
  readonly sent: number;
  /** Packets with an intact reply in time. */
  readonly received: number;
  /** Packets without one: RFC 7680's loss, with `lateAfterMs` as the waiting time. */
  readonly lost: number;
  /** Packets whose time is not over yet; 0 in the report of a run that was not interrupted. */
  readonly pending: number;
  /** Further copies of replies, each within `lateAfterMs` of the request (RFC 5560). */
  readonly duplicated: number;
  /**
   * First copies that arrived after one of a higher sequence number: RFC 4737's
   * Type-P-Reordered, section 3.3. Late replies and duplicates are not looked at.
   */
  readonly reordered: number;
  /** Copies that arrived more than `lateAfterMs` after the request was sent; they change nothing. */
  readonly late: number;
  /** Replies of which a byte has changed; unless an intact copy comes too, their packets are lost. */
  readonly corrupted: number;
  /** Packets received that answer nothing of this run, another agent's replies for example. */
  readonly unexpected: number;
  /** Packets among `lost` that never left this program. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly rttMs: RttSummary;
  /** Durations of the outages (`OutageDetector` defines them), at most the first 1,000. */
  readonly outagesMs: readonly number[];
  /** The same with their times since the first packet and their losses. */
  readonly outages: readonly Outage[];
  /** How many outages there were, also beyond 1,000. */
  readonly outageCount: number;
  /** 0 without outages. */
  readonly longestOutageMs: number;
  /** The longest time between the arrivals of one reply and the next; 0 with fewer than 2. */
  readonly longestReplyGapMs: number;
  /** From the first packet sent to the last. */
  readonly sendingMs: number;
}

/** What `ProbeMeasurement` must know beforehand. */
export interface MeasurementOptions {
  /** A reply that takes longer than this, in milliseconds, comes too late; above 0. */
  readonly lateAfterMs: number;
  /**
   * The number of newest packets kept one by one, 1 to 2^22. When more than these are on their way
   * at once, the oldest count as lost before their time.
   */
  readonly capacity: number;
}

/** Largest `capacity`; 37 MB of memory. */
export const largestCapacity = 2 ** 22;
const waiting = 0;
const answered = 1;
const lost = 2;

/**
 * Counts what becomes of numbered packets. Pure: it is told all times, in milliseconds of any
 * monotonic clock, which must not go back from call to call. Memory is 9 bytes per packet of
 * `capacity`, however long the run.
 */
export class ProbeMeasurement {
  readonly #lateAfterMs: number;
  readonly #capacity: number;
  readonly #mask: number;
  /** Rings over the newest packets, by sequence number. */
  readonly #sentMs: Float64Array;
  readonly #fate: Uint8Array;
  readonly #rtt = new RttHistogram();
  readonly #outages = new OutageDetector();
  readonly #refused: Record<RefusalReason, number> = {
    disconnected: 0,
    queueFull: 0,
    tooLong: 0,
  };
  #next = 0;
  /** Everything before this sequence number is settled: told to the outage detector. */
  #settled = 0;
  #received = 0;
  #lost = 0;
  #duplicated = 0;
  #reordered = 0;
  #late = 0;
  #corrupted = 0;
  #unexpected = 0;
  /** RFC 4737's NextExp: one above the highest sequence number that has arrived. */
  #nextExpected = 0;
  #firstSentMs = 0;
  #lastSentMs = 0;
  #lastReplyMs: number | undefined;
  #longestReplyGapMs = 0;

  /** @throws {RangeError} for a `lateAfterMs` or a `capacity` out of range. */
  constructor(options: MeasurementOptions) {
    const { lateAfterMs, capacity } = options;
    if (!(lateAfterMs > 0)) {
      throw new RangeError(
        `Cannot measure as "lateAfterMs" must be above 0: current value is ${lateAfterMs}`,
      );
    }
    if (!(capacity >= 1 && capacity <= largestCapacity)) {
      throw new RangeError(
        `Cannot measure as "capacity" must be 1 to ${largestCapacity}: current value is ${capacity}`,
      );
    }
    this.#lateAfterMs = lateAfterMs;
    // A power of two, so that a slot is found without a division.
    this.#capacity = 2 ** Math.ceil(Math.log2(capacity));
    this.#mask = this.#capacity - 1;
    this.#sentMs = new Float64Array(this.#capacity);
    this.#fate = new Uint8Array(this.#capacity);
  }

  /** The sequence number of the next packet, from 0. */
  get nextSequence(): number {
    return this.#next;
  }

  /** Packets whose fate is still open. */
  get pending(): number {
    return this.#next - this.#received - this.#lost;
  }

  /** When the oldest open packet will count as lost; `undefined` when none is open. */
  get nextDeadlineMs(): number | undefined {
    return this.#settled === this.#next
      ? undefined
      : this.#sentMs[this.#settled & this.#mask]! + this.#lateAfterMs;
  }

  /** The next packet was sent at `nowMs`. */
  recordSent(nowMs: number): void {
    this.#open(nowMs, waiting);
  }

  /** The next packet was due at `nowMs` and could not be sent. It counts as sent and as lost. */
  recordRefused(nowMs: number, reason: RefusalReason): void {
    this.#open(nowMs, lost);
    this.#lost += 1;
    this.#refused[reason] += 1;
  }

  /** An intact reply to packet `sequence` arrived at `nowMs`. */
  recordReply(sequence: number, nowMs: number): ReplyVerdict {
    if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence >= this.#next) {
      this.#unexpected += 1;
      return "unexpected";
    }
    const slot = sequence & this.#mask;
    const rttMs = nowMs - this.#sentMs[slot]!;
    const known = sequence >= this.#next - this.#capacity;
    if (!known || rttMs > this.#lateAfterMs || this.#fate[slot] === lost) {
      this.#late += 1;
      return "late";
    }
    if (this.#fate[slot] === answered) {
      this.#duplicated += 1;
      return "duplicated";
    }
    this.#fate[slot] = answered;
    this.#received += 1;
    this.#rtt.add(rttMs);
    if (sequence >= this.#nextExpected) this.#nextExpected = sequence + 1;
    else this.#reordered += 1;
    if (this.#lastReplyMs !== undefined) {
      this.#longestReplyGapMs = Math.max(this.#longestReplyGapMs, nowMs - this.#lastReplyMs);
    }
    this.#lastReplyMs = nowMs;
    return "received";
  }

  /** A damaged reply arrived. */
  recordCorrupted(): void {
    this.#corrupted += 1;
  }

  /** Something arrived that answers nothing of this run. */
  recordUnexpected(): void {
    this.#unexpected += 1;
  }

  /** Counts the packets as lost whose time is over at `nowMs`. Call it often. */
  advance(nowMs: number): void {
    while (this.#settled < this.#next) {
      const slot = this.#settled & this.#mask;
      if (this.#fate[slot] === waiting && nowMs - this.#sentMs[slot]! <= this.#lateAfterMs) return;
      this.#settleOldest();
    }
  }

  /** The figures so far. Changes nothing. */
  report(): Measurement {
    const { outages, count, longestMs } = this.#outages.summary();
    return {
      sent: this.#next,
      received: this.#received,
      lost: this.#lost,
      pending: this.pending,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      late: this.#late,
      corrupted: this.#corrupted,
      unexpected: this.#unexpected,
      refused: { ...this.#refused },
      rttMs: this.#rtt.summary(),
      outagesMs: outages.map((outage) => outage.durationMs),
      outages: outages.map((outage) => ({
        ...outage,
        startMs: outage.startMs - this.#firstSentMs,
      })),
      outageCount: count,
      longestOutageMs: longestMs,
      longestReplyGapMs: this.#longestReplyGapMs,
      sendingMs: this.#lastSentMs - this.#firstSentMs,
    };
  }

  #open(nowMs: number, fate: number): void {
    if (this.#next - this.#settled === this.#capacity) this.#settleOldest();
    const slot = this.#next & this.#mask;
    this.#sentMs[slot] = nowMs;
    this.#fate[slot] = fate;
    if (this.#next === 0) this.#firstSentMs = nowMs;
    this.#lastSentMs = nowMs;
    this.#next += 1;
  }

  #settleOldest(): void {
    const slot = this.#settled & this.#mask;
    if (this.#fate[slot] === waiting) {
      this.#fate[slot] = lost;
      this.#lost += 1;
    }
    if (this.#fate[slot] === answered) this.#outages.answered(this.#sentMs[slot]!);
    else this.#outages.lost(this.#sentMs[slot]!);
    this.#settled += 1;
  }
}
