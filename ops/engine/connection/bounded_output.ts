/** Keeps the beginning of a stream of bytes. */
export class BoundedOutput {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #truncated = false;

  /** @param maxBytes Most bytes that are kept; the rest is dropped. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether something was dropped. */
  get truncated(): boolean {
    return this.#truncated;
  }

  push(chunk: Uint8Array): void {
    const room = this.#maxBytes - this.#length;
    if (chunk.length > room) this.#truncated = true;
    if (room === 0) return;
    // A copy: the chunk may be a small part of a large buffer, which it would keep alive.
    const kept = chunk.slice(0, room);
    this.#chunks.push(kept);
    this.#length += kept.length;
  }

  /** All of it as text; bytes that are no UTF-8 are replaced. */
  text(): string {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const parts = this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
    return parts.join("") + decoder.decode();
  }
}
