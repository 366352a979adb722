/**
 * A bounded map. When it is full, the entry that was not used for the longest time makes place for a
 * new one.
 */
export class FlowTable<Value> {
  readonly #entries = new Map<number, Value>();

  /** @param capacity Most entries at a time, at least 1. */
  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key, which counts as a use. */
  use(key: number): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    // A map keeps the order of insertion, so that the first entry is the one to give up.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /**
   * Adds a key that is not there.
   *
   * @returns the value that had to make place.
   */
  add(key: number, value: Value): Value | undefined {
    let evicted: Value | undefined;
    if (this.#entries.size >= this.capacity) {
      const [oldest] = this.#entries;
      this.#entries.delete(oldest![0]);
      evicted = oldest![1];
    }
    this.#entries.set(key, value);
    return evicted;
  }
}
