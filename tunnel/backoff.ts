/** How a `Backoff` grows. */
export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds; more than 0. */
  readonly baseMs: number;
  /** Upper bound of every delay, in milliseconds; at least `baseMs`. */
  readonly maxMs: number;
  /** Gives numbers from 0 up to, but not including, 1: `Math.random`, or a fake for tests. */
  readonly random: () => number;
}

/**
 * Exponential back-off with full jitter: each delay is uniform between 0 and a bound that doubles
 * up to a maximum, so that the many that lost the same relay come back spread over time.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;

  /** @throws RangeError when a bound is not a positive number or `maxMs` is below `baseMs`. */
  constructor(options: BackoffOptions) {
    const { baseMs, maxMs } = options;
    if (!(baseMs > 0) || !Number.isFinite(baseMs)) {
      throw new RangeError(
        `Cannot back off as "baseMs" must be above 0: current value is ${baseMs}`,
      );
    }
    if (!(maxMs >= baseMs) || !Number.isFinite(maxMs)) {
      throw new RangeError(
        `Cannot back off as "maxMs" must be at least ${baseMs}: current value is ${maxMs}`,
      );
    }
    this.#options = options;
  }

  /** How many delays have been given since the start or the last `reset`. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next delay in milliseconds, from 0 up to, but not including, the bound of this attempt. */
  next(): number {
    const { baseMs, maxMs, random } = this.#options;
    return random() * Math.min(maxMs, baseMs * 2 ** this.#attempts++);
  }

  /** Starts again from `baseMs`; for when a connection has been stable for a while. */
  reset(): void {
    this.#attempts = 0;
  }
}
