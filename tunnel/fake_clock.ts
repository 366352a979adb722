import type { Clock, Timer } from "./clock.ts";

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A clock for tests, which moves only when told to.
 *
 * Timers fire in the order of their times and, at equal times, in the order of their setting.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #pending = new Set<PendingTimer>();

  /** @param startMs What `now()` says at first; 0 by default. */
  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer: PendingTimer = { dueMs: this.#nowMs + (delayMs > 0 ? delayMs : 0), callback };
    if (delayMs !== Infinity) this.#pending.add(timer);
    return { [Symbol.dispose]: () => void this.#pending.delete(timer) };
  }

  /** How many timers are set and have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer fires, or `undefined` when none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.#next();
    return next && next.dueMs - this.#nowMs;
  }

  /**
   * Moves time on by `ms` and fires what becomes due, timers set meanwhile included.
   *
   * @throws what a callback throws; the time stays at that timer's.
   */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(); next && next.dueMs <= endMs; next = this.#next()) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }

  /**
   * Like `advance`, but lets waiting promises settle before, after and between timers, for code
   * that awaits.
   */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(); next && next.dueMs <= endMs; next = this.#next()) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settled();
    }
    this.#nowMs = endMs;
  }

  #next(): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#pending) {
      if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  }
}

/** All microtasks that are queued now, and those that they queue, run before a macrotask does. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
