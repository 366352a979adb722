/** When the packets of a run are due. */
export interface SendScheduleOptions {
  /** When the first packet is due. */
  readonly startMs: number;
  /** Between one packet and the next; above 0, may be a fraction of a millisecond. */
  readonly intervalMs: number;
  /** Packets in all; unlimited by default. */
  readonly count?: number;
  /** Packets are due for this long, from the first one on; unlimited by default. */
  readonly durationMs?: number;
}

/**
 * Packet `i` is due at `startMs + i * intervalMs`, so lateness of a timer never adds up: whoever
 * comes late takes several at once. Pure; times are milliseconds of one monotonic clock.
 */
export class SendSchedule {
  /** Packets in all; `Infinity` without a limit. */
  readonly total: number;
  readonly #intervalMs: number;
  readonly #durationMs: number;
  #startMs: number;
  #taken = 0;
  #hasEnded = false;

  /** @throws {RangeError} when the interval is not above 0, or a limit is negative. */
  constructor(options: SendScheduleOptions) {
    const { startMs, intervalMs, count = Infinity, durationMs = Infinity } = options;
    for (const [name, value] of Object.entries({ intervalMs, count, durationMs })) {
      if (value > 0) continue;
      throw new RangeError(
        `Cannot plan the packets as "${name}" must be above 0: current value is ${value}`,
      );
    }
    this.#startMs = startMs;
    this.#intervalMs = intervalMs;
    this.#durationMs = durationMs;
    // The tolerance is for durations like 0.3 s at 0.1 s, which is 3 packets and not 4.
    const fitting = Math.ceil(durationMs / intervalMs - 1e-9);
    this.total = Math.min(Math.ceil(count), fitting);
  }

  /** No packet is left. */
  get isDone(): boolean {
    return this.#hasEnded || this.#taken >= this.total;
  }

  /** When `durationMs` is over; `Infinity` without it. */
  get endMs(): number {
    return this.#startMs + this.#durationMs;
  }

  /** When the next packet is due; `Infinity` when none is left. */
  get nextDueMs(): number {
    return this.isDone ? Infinity : this.#startMs + this.#taken * this.#intervalMs;
  }

  /** Takes the next packet off the schedule. */
  take(): void {
    this.#taken += 1;
  }

  /** Drops what has not been taken. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Moves everything that is still to come `byMs` later. */
  postpone(byMs: number): void {
    this.#startMs += byMs;
  }
}
