/** A place in a {@linkcode RecencyList}; made once and moved without allocating. */
export class RecencyNode<T> {
  /** The neighbours; only the list touches them. */
  older: RecencyNode<T> | undefined;
  newer: RecencyNode<T> | undefined;

  constructor(readonly value: T) {}
}

/**
 * Values in the order of their last use. Everything costs the same however many there are, which
 * is why this isn't a `Map` that entries are deleted from and put back into: that costs a hash
 * twice for each packet.
 */
export class RecencyList<T> {
  #oldest: RecencyNode<T> | undefined;
  #newest: RecencyNode<T> | undefined;
  #size = 0;

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /** The value that was not used for the longest time. */
  get oldest(): T | undefined {
    return this.#oldest?.value;
  }

  /** Adds a node, which is in no list, as the newest. */
  add(node: RecencyNode<T>): void {
    this.#append(node);
    this.#size += 1;
  }

  /** Makes a node of this list the newest. */
  touch(node: RecencyNode<T>): void {
    if (node === this.#newest) return;
    this.#unlink(node);
    this.#append(node);
  }

  /** Takes a node of this list out. */
  remove(node: RecencyNode<T>): void {
    this.#unlink(node);
    this.#size -= 1;
  }

  #append(node: RecencyNode<T>): void {
    node.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink(node: RecencyNode<T>): void {
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
    node.older = undefined;
    node.newer = undefined;
  }
}
