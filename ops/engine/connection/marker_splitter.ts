/** Starts a marker: the ASCII record separator, which text hardly ever has. */
const recordSeparator = 0x1e;
const lineFeed = 0x0a;
/** Longest text of a marker, in bytes; ours have at most 40. */
const maxMarkerLength = 80;

/** A piece of a stream: output as it is, or the text of a marker. */
export type StreamPiece = Uint8Array | string;

/**
 * Finds the session's markers in a stream of anything: `RS nonce " " text LF`, at any place, also
 * in the middle of a line. Whoever doesn't know the nonce can't forge one.
 *
 * Keeps back at most one marker's length, so that a stream without an end costs no memory.
 */
export class MarkerSplitter {
  readonly #start: Uint8Array;
  #kept: Uint8Array = new Uint8Array();

  /** @param nonce Hexadecimal digits that nobody but the session knows. */
  constructor(nonce: string) {
    this.#start = new TextEncoder().encode(`${String.fromCharCode(recordSeparator)}${nonce} `);
  }

  /** The pieces that are complete with `chunk`, which must not change afterwards. */
  push(chunk: Uint8Array): StreamPiece[] {
    const bytes = concatenate(this.#kept, chunk);
    const pieces: StreamPiece[] = [];
    let outputStart = 0;
    let searchFrom = 0;
    for (;;) {
      const at = bytes.indexOf(recordSeparator, searchFrom);
      if (at < 0) break;
      const found = this.#markerAt(bytes, at);
      if (found === "incomplete") {
        pushOutput(pieces, bytes.subarray(outputStart, at));
        this.#kept = bytes.slice(at);
        return pieces;
      }
      if (found === "none") {
        searchFrom = at + 1;
        continue;
      }
      pushOutput(pieces, bytes.subarray(outputStart, at));
      pieces.push(found.text);
      outputStart = searchFrom = found.end;
    }
    pushOutput(pieces, bytes.subarray(outputStart));
    this.#kept = new Uint8Array();
    return pieces;
  }

  #markerAt(bytes: Uint8Array, at: number): { text: string; end: number } | "none" | "incomplete" {
    for (let offset = 0; offset < this.#start.length; offset++) {
      if (at + offset === bytes.length) return "incomplete";
      if (bytes[at + offset] !== this.#start[offset]) return "none";
    }
    const textStart = at + this.#start.length;
    const end = bytes.subarray(textStart, textStart + maxMarkerLength + 1).indexOf(lineFeed);
    if (end >= 0) {
      const text = new TextDecoder().decode(bytes.subarray(textStart, textStart + end));
      return { text, end: textStart + end + 1 };
    }
    return bytes.length > textStart + maxMarkerLength ? "none" : "incomplete";
  }
}

function pushOutput(pieces: StreamPiece[], output: Uint8Array): void {
  if (output.length > 0) pieces.push(output);
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
