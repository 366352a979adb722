/** A timer that has been set; disposing of it cancels it, also more than once or after it fired. */
export interface Timer extends Disposable {}

/** Time as everything that backs off or expires sees it; tests give a `FakeClock`. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back and has fractions. */
  now(): number;
  /**
   * Calls `callback` once, `delayMs` milliseconds from now, never during this call.
   *
   * @param delayMs Any number; below 0 and `NaN` count as 0, `Infinity` never fires.
   */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** The longest delay that `setTimeout` takes (2^31 - 1 ms, about 25 days); beyond it fires at once. */
const longestTimeoutMs = 2_147_483_647;

class SystemTimer implements Timer {
  #handle: ReturnType<typeof setTimeout> | undefined;

  constructor(callback: () => void, delayMs: number) {
    this.#start(callback, delayMs > 0 ? delayMs : 0);
  }

  #start(callback: () => void, delayMs: number): void {
    if (delayMs === Infinity) return;
    this.#handle = delayMs > longestTimeoutMs
      ? setTimeout(() => this.#start(callback, delayMs - longestTimeoutMs), longestTimeoutMs)
      : setTimeout(callback, delayMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}

/** The monotonic clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => new SystemTimer(callback, delayMs),
};
