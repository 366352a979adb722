/** Longest text that is passed on in one piece, in UTF-16 units; bounds what a host makes us hold. */
const maxLineLength = 16 * 1024;

/** Cuts a stream of bytes into lines of text. */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #onLine: (line: string) => void;
  #pending = "";

  /** @param onLine Gets each line without its end; one that is too long comes in parts. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#pending + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#pending = lines.pop()!;
    for (const line of lines) this.#passOn(line);
    while (this.#pending.length > maxLineLength) {
      this.#onLine(this.#pending.slice(0, maxLineLength));
      this.#pending = this.#pending.slice(maxLineLength);
    }
  }

  /** Passes on what has come without the end of a line. */
  end(): void {
    const rest = this.#pending + this.#decoder.decode();
    this.#pending = "";
    if (rest !== "") this.#passOn(rest);
  }

  #passOn(line: string): void {
    let start = 0;
    do {
      this.#onLine(line.slice(start, start + maxLineLength));
      start += maxLineLength;
    } while (start < line.length);
  }
}
