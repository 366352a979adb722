/** An element of a `DeadlineHeap`. The heap alone writes these two fields. */
export interface DeadlineEntry {
  /** When it is due, on the endpoint's clock, in ms; `Infinity` when it is not in the heap. */
  deadline: number;
  /** Its place in the heap; -1 when it is not in it. */
  heapIndex: number;
}

/**
 * A binary heap of deadlines, the nearest on top. Each element knows its place, so moving or
 * removing one costs O(log n) and no element is ever in it twice.
 */
export class DeadlineHeap<T extends DeadlineEntry> {
  readonly #entries: T[] = [];

  /** How many elements wait. */
  get size(): number {
    return this.#entries.length;
  }

  /** The element with the nearest deadline. */
  peek(): T | undefined {
    return this.#entries[0];
  }

  /** Adds `entry`, or moves it when it is already there. `Infinity` removes it. */
  set(entry: T, deadline: number): void {
    if (deadline === Infinity) return this.delete(entry);
    const previous = entry.deadline;
    entry.deadline = deadline;
    if (entry.heapIndex < 0) {
      entry.heapIndex = this.#entries.push(entry) - 1;
      this.#siftUp(entry);
    } else if (deadline < previous) {
      this.#siftUp(entry);
    } else {
      this.#siftDown(entry);
    }
  }

  /** Removes `entry`; nothing happens when it is not there. */
  delete(entry: T): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    entry.deadline = Infinity;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    this.#place(last, index);
    this.#siftUp(last);
    this.#siftDown(last);
  }

  /** Removes and returns the nearest element when it is due at `now`. */
  popDue(now: number): T | undefined {
    const top = this.#entries[0];
    if (top === undefined || top.deadline > now) return undefined;
    this.delete(top);
    return top;
  }

  #place(entry: T, index: number): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }

  #siftUp(entry: T): void {
    let index = entry.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#entries[parentIndex]!;
      if (parent.deadline <= entry.deadline) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #siftDown(entry: T): void {
    const length = this.#entries.length;
    let index = entry.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= length) break;
      const right = childIndex + 1;
      if (right < length && this.#entries[right]!.deadline < this.#entries[childIndex]!.deadline) {
        childIndex = right;
      }
      const child = this.#entries[childIndex]!;
      if (child.deadline >= entry.deadline) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(entry, index);
  }
}
