import type { Clock, Timer } from "../clock.ts";
import { type DeadlineEntry, DeadlineHeap } from "./deadline_heap.ts";

/** Something with a deadline of its own. */
export interface Deadlined extends DeadlineEntry {
  /** The deadline has come, or is past, at `now`. */
  onDeadline(now: number): void;
}

/** One timer of the system for the deadlines of all connections: it waits for the nearest. */
export class DeadlineTimer<T extends Deadlined> implements Disposable {
  readonly #clock: Clock;
  readonly #heap = new DeadlineHeap<T>();
  #timer: Timer | undefined;
  #firesAtMs = Infinity;
  #disposed = false;

  /** Deadlines are times of `clock`, in ms. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets or moves the deadline of `entry`; `Infinity` removes it. */
  set(entry: T, deadline: number): void {
    this.#heap.set(entry, deadline);
    this.#arm();
  }

  /** Nothing is called any more. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** A deadline that has moved away leaves the timer as it is: it then finds nothing due. */
  #arm(): void {
    const next = this.#heap.peek()?.deadline ?? Infinity;
    if (next >= this.#firesAtMs || this.#disposed) return;
    this.#timer?.[Symbol.dispose]();
    this.#firesAtMs = next;
    this.#timer = this.#clock.setTimer(() => this.#fire(), Math.max(1, next - this.#clock.now()));
  }

  #fire(): void {
    this.#firesAtMs = Infinity;
    const now = this.#clock.now();
    for (;;) {
      const entry = this.#heap.popDue(now);
      if (entry === undefined) break;
      entry.onDeadline(now);
    }
    this.#arm();
  }
}
