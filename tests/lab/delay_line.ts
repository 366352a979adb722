import type { LinkShape } from "./link_shape.ts";

/**
 * Most frames that wait in one direction. A link without a rate has no natural limit; this is half a
 * second of what a wire carries at its best, in at most 30 MB.
 */
export const maxWaitingFrames = 20_000;

interface WaitingFrame {
  readonly dueMs: number;
  /** Which one came first, among those that are due at the same time. */
  readonly order: number;
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** One direction of a shaped link: what is put in comes out later, or not at all. */
export class DelayLine {
  readonly #shape: LinkShape;
  readonly #random: () => number;
  /** A binary heap: the frame at `i` is due no later than those at `2i + 1` and `2i + 2`. */
  readonly #heap: WaitingFrame[] = [];
  #order = 0;

  /** @param random Gives numbers from 0 up to 1, without 1. */
  constructor(shape: LinkShape, random: () => number = Math.random) {
    this.#shape = shape;
    this.#random = random;
  }

  /** Frames that wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the next frame is due; infinite when none waits. */
  get dueMs(): number {
    return this.#heap[0]?.dueMs ?? Infinity;
  }

  /**
   * Puts a frame in, which must not change until it comes out.
   *
   * @returns false when it is lost: by chance, or because too many wait.
   */
  put(frame: Uint8Array<ArrayBuffer>, nowMs: number): boolean {
    const { delayMs, jitterMs, lossPercent } = this.#shape;
    if (this.#heap.length >= maxWaitingFrames) return false;
    if (lossPercent > 0 && this.#random() * 100 < lossPercent) return false;
    const jitter = jitterMs === 0 ? 0 : (this.#random() * 2 - 1) * jitterMs;
    this.#insert({ dueMs: nowMs + delayMs + jitter, order: this.#order++, frame });
    return true;
  }

  /** Takes the next frame out, if it is due. */
  take(nowMs: number): Uint8Array<ArrayBuffer> | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = this.#heap.pop()!;
    if (last !== first) this.#sink(last);
    return first.frame;
  }

  #insert(waiting: WaitingFrame): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt]!;
      if (isBefore(parent, waiting)) break;
      this.#heap[at] = parent;
      at = parentAt;
    }
    this.#heap[at] = waiting;
  }

  /** Puts a frame at the top, and moves it down to its place. */
  #sink(waiting: WaitingFrame): void {
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = this.#heap[childAt];
      const other = this.#heap[childAt + 1];
      if (child === undefined) break;
      if (other !== undefined && isBefore(other, child)) {
        child = other;
        childAt++;
      }
      if (isBefore(waiting, child)) break;
      this.#heap[at] = child;
      at = childAt;
    }
    this.#heap[at] = waiting;
  }
}

function isBefore(a: WaitingFrame, b: WaitingFrame): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
