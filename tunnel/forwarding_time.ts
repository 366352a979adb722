/**
 * The packets that a program handles at one go: all that had arrived when it looked. Sockets of one
 * program share it, so that whoever sends knows when what is being forwarded was received.
 */
export class ReceivedBatch {
  /** When it was received, on the program's clock, in ms. */
  receivedAtMs = 0;
  /** Tells batches apart. */
  number = 0;

  /** Packets were received. What is forwarded until the next call is theirs. */
  begin(nowMs: number): void {
    this.receivedAtMs = nowMs;
    this.number += 1;
  }
}

/** Buckets of its histograms, in seconds: from a small batch to what breaks calls. */
export const forwardingBuckets = [
  ...[0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005],
  ...[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
] as const;

/** Where forwarded packets are timed. */
export interface ForwardingTimes {
  readonly batch: ReceivedBatch;
  /** One packet took so long, from its receipt until the system had it. Must not throw. */
  readonly onSample: (elapsedMs: number) => void;
}

/** For those who time nothing. */
export function untimed(): ForwardingTimes {
  return { batch: new ReceivedBatch(), onSample: () => {} };
}

/**
 * Times forwarded packets of one queue: the first that each batch puts into it, one at a time, so
 * that it costs next to nothing per packet. Packets leave the queue in order.
 */
export class ForwardingTimer {
  readonly #times: ForwardingTimes;
  /** Packets so far. */
  #queued = 0;
  /** Which of them is timed; 0 for none. */
  #timed = 0;
  #sinceMs = 0;
  #lastBatch = 0;

  constructor(times: ForwardingTimes) {
    this.#times = times;
  }

  /** A packet was queued; only what is forwarded is timed. */
  queued(isForwarded: boolean): void {
    this.#queued += 1;
    if (!isForwarded || this.#timed !== 0) return;
    const { batch } = this.#times;
    if (batch.number === this.#lastBatch) return;
    this.#lastBatch = batch.number;
    this.#timed = this.#queued;
    this.#sinceMs = batch.receivedAtMs;
  }

  /** Whether the packet that is timed is among those that have left, when `waiting` have not. */
  hasLeft(waiting: number): boolean {
    return this.#timed !== 0 && this.#queued - waiting >= this.#timed;
  }

  /** The packet that was timed has left now. */
  finish(nowMs: number): void {
    this.#timed = 0;
    this.#times.onSample(nowMs - this.#sinceMs);
  }

  /** The packet that was queued last was not: there was no room. */
  withdraw(): void {
    if (this.#timed === this.#queued) this.#timed = 0;
    this.#queued -= 1;
  }

  /** The packet that was timed will not leave. */
  cancel(): void {
    this.#timed = 0;
  }
}
