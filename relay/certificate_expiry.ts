import type { Clock, Timer } from "../tunnel/clock.ts";
import { type DeadlineEntry, DeadlineHeap } from "../tunnel/quic/deadline_heap.ts";
import { maxExpiryTimerMs } from "./limits.ts";

/** Something that ends at a wall-clock time. */
class Expiry implements DeadlineEntry {
  deadline = Infinity;
  heapIndex = -1;

  constructor(readonly onExpired: () => void) {}
}

/**
 * Ends clients when their certificates end (fault LR36). One timer for all of them; adding and
 * removing one costs the logarithm of their number.
 */
export class CertificateExpiry implements Disposable {
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #heap = new DeadlineHeap<Expiry>();
  #timer: Timer | undefined;
  #timerAt = Infinity;

  /** @param wallClock Milliseconds since 1970. */
  constructor(clock: Clock, wallClock: () => number) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** How many certificates are watched. */
  get size(): number {
    return this.#heap.size;
  }

  /**
   * Calls `onExpired` once, when `notAfter` has passed, never during this call.
   *
   * @param notAfter Milliseconds since 1970.
   * @returns forgets it when disposed of.
   */
  watch(notAfter: number, onExpired: () => void): Disposable {
    const entry = new Expiry(onExpired);
    this.#heap.set(entry, notAfter);
    this.#arm();
    return { [Symbol.dispose]: () => this.#heap.delete(entry) };
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    const next = this.#heap.peek()?.deadline ?? Infinity;
    if (next === Infinity || (this.#timer !== undefined && this.#timerAt <= next)) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerAt = next;
    // Both ends of a validity belong to it, hence the millisecond more (RFC 5280 section 4.1.2.5).
    const delayMs = Math.min(maxExpiryTimerMs, Math.max(0, next + 1 - this.#wallClock()));
    this.#timer = this.#clock.setTimer(() => this.#onTimer(), delayMs);
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    const now = this.#wallClock() - 1;
    for (let due = this.#heap.popDue(now); due !== undefined; due = this.#heap.popDue(now)) {
      due.onExpired();
    }
    this.#arm();
  }
}
