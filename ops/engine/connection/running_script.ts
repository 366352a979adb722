import { BoundedOutput } from "./bounded_output.ts";
import type { CommandResult, RunOptions } from "./connection.ts";
import { LineSplitter } from "./line_splitter.ts";
import type { StreamPiece } from "./marker_splitter.ts";

/** Most bytes that are kept of each stream by default: enough for any answer that makes sense. */
const defaultMaxOutputBytes = 16 * 1024 * 1024;

/** A script on a host, as what the session says tells it. */
export class RunningScript {
  readonly #id: string;
  readonly #streams: Record<"stdout" | "stderr", ScriptStream>;
  readonly #wantsInput = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<string>();

  constructor(id: number, { maxOutputBytes = defaultMaxOutputBytes, onLine }: RunOptions) {
    this.#id = String(id);
    const streamOf = (name: "stdout" | "stderr"): ScriptStream =>
      new ScriptStream(maxOutputBytes, onLine && ((line) => onLine(name, line)));
    this.#streams = { stdout: streamOf("stdout"), stderr: streamOf("stderr") };
    this.#ended.promise.catch(() => {});
  }

  /** Resolves with whether the script's input is expected, when that is known. */
  get wantsInput(): Promise<boolean> {
    return this.#wantsInput.promise;
  }

  /**
   * Resolves with what its end is when all its output has come: an exit code, or what has kept it
   * from running. Rejects with what `onLine` throws.
   */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** Takes what comes next in a stream. */
  take(name: "stdout" | "stderr", piece: StreamPiece): void {
    const stream = this.#streams[name];
    try {
      if (typeof piece !== "string") return stream.push(piece);
      const [word, id, end = ""] = piece.split(" ");
      if (id !== this.#id) return;
      if (word === "hold") stream.hold();
      else if (word === "begin") stream.begin();
      else if (word === "end") stream.end(end);
      if (word === "feed" || word === "end") this.#wantsInput.resolve(word === "feed");
    } catch (error) {
      this.#ended.reject(error);
    }
    const { stdout, stderr } = this.#streams;
    if (stdout.ended !== undefined && stderr.ended !== undefined) this.#ended.resolve(stdout.ended);
  }

  /** What has come; `code` is the exit code. */
  result(code: number): CommandResult {
    const { stdout, stderr } = this.#streams;
    return {
      code,
      stdout: stdout.text(),
      stderr: stderr.text(),
      truncated: stdout.truncated || stderr.truncated,
    };
  }
}

/**
 * One of a script's two streams. What comes before its beginning and after its end is not its; what
 * comes while it is held is about why it may not begin.
 */
class ScriptStream {
  readonly #maxBytes: number;
  readonly #splitter: LineSplitter | undefined;
  #output: BoundedOutput;
  #phase: "before" | "held" | "running" | "after" = "before";
  #ended: string | undefined;

  constructor(maxBytes: number, onLine: ((line: string) => void) | undefined) {
    this.#maxBytes = maxBytes;
    this.#output = new BoundedOutput(maxBytes);
    this.#splitter = onLine && new LineSplitter(onLine);
  }

  /** The last word of its end, once that has come. */
  get ended(): string | undefined {
    return this.#ended;
  }

  get truncated(): boolean {
    return this.#output.truncated;
  }

  text(): string {
    return this.#output.text();
  }

  hold(): void {
    if (this.#phase === "before") this.#phase = "held";
  }

  begin(): void {
    if (this.#phase === "after") return;
    this.#phase = "running";
    this.#output = new BoundedOutput(this.#maxBytes);
  }

  push(chunk: Uint8Array): void {
    if (this.#phase === "before" || this.#phase === "after") return;
    this.#output.push(chunk);
    if (this.#phase === "running") this.#splitter?.push(chunk);
  }

  end(word: string): void {
    if (this.#phase === "after") return;
    if (this.#phase === "running") this.#splitter?.end();
    this.#phase = "after";
    this.#ended = word;
  }
}
