import type { ScriptInput } from "./connection.ts";
import { inputEnd, inputHead } from "./session_program.ts";
import type { ShellProcess } from "./shell_process.ts";

/**
 * Most bytes that are sent at once. Each time costs the host a process (1 ms), and this is what each
 * of perhaps 50 connections holds in memory.
 */
const maxFrameLength = 1024 * 1024;

/** Sends a script's input, no faster than the script takes it. */
export class InputFeeder {
  readonly #input: ScriptInput;
  readonly #process: ShellProcess;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #isExpected = false;
  #isStopped = false;

  constructor(input: ScriptInput, process: ShellProcess) {
    this.#input = input;
    this.#process = process;
  }

  /**
   * Sends all of it.
   *
   * @param isExpected Whether the session takes it. If not, it is not touched.
   * @throws what the stream throws, and a RangeError when it has not as many bytes as it should.
   */
  async run(isExpected: Promise<boolean>): Promise<void> {
    this.#isExpected = await isExpected;
    if (!this.#isExpected || this.#isStopped) return;
    const { length, stream } = this.#input;
    const reader = this.#reader = stream.getReader();
    const buffer = new Uint8Array(Math.min(maxFrameLength, length));
    let buffered = 0;
    let total = 0;
    const flush = async (): Promise<void> => {
      if (buffered === 0) return;
      void this.#process.send(inputHead(buffered));
      await this.#process.send(buffer.subarray(0, buffered));
      buffered = 0;
    };
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#isStopped) return;
      if (done) break;
      total += value.length;
      if (total > length) break;
      for (let start = 0; start < value.length && !this.#isStopped;) {
        const part = value.subarray(start, start + buffer.length - buffered);
        buffer.set(part, buffered);
        buffered += part.length;
        start += part.length;
        if (buffered === buffer.length) await flush();
      }
    }
    if (total !== length) {
      const current = total > length ? `at least ${total}` : String(total);
      throw new RangeError(
        `Cannot send a script's input as it must have ${length} bytes: current value is ${current}`,
      );
    }
    if (this.#isStopped) return;
    await flush();
    await this.#end();
  }

  /** Sends no more, and leaves the input open. */
  halt(): void {
    this.#isStopped = true;
  }

  /** Ends the input where it is, unless it has ended. The script must have. */
  async stop(): Promise<void> {
    this.halt();
    await this.#reader?.cancel().catch(() => {});
    await this.#end();
  }

  async #end(): Promise<void> {
    if (!this.#isExpected) return;
    this.#isExpected = false;
    await this.#process.send(inputEnd);
  }
}
