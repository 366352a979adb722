/** What a worker program answers; every command has one answer. */
export type Answer = Record<string, number>;

/**
 * A benchmark's part that runs as a process of its own: it reads a JSON command a line and writes
 * a JSON answer a line.
 */
export class Worker implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  private constructor(script: URL, args: readonly string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script.pathname, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#lines = readLines(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** Starts `script`, a module beside the caller. */
  static start(script: URL, args: readonly string[] = []): Worker {
    return new Worker(script, args);
  }

  /** Sends one command and waits for its answer. */
  async ask(command: Record<string, string | number>): Promise<Answer> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(command) + "\n"));
    const line = await this.#lines.next();
    if (line.done) throw new Error(`Worker ended during "${command.do}"`);
    return JSON.parse(line.value) as Answer;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#process.status;
  }
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncIterable<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** The worker's side: answers commands until standard input ends, then exits. */
export async function serveCommands(
  handlers: Record<string, (command: Record<string, number>) => Promise<Answer> | Answer>,
): Promise<never> {
  for await (const line of readLines(Deno.stdin.readable)) {
    const command = JSON.parse(line) as Record<string, number> & { do: string };
    const answer = await handlers[command.do]!(command);
    await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
  }
  Deno.exit(0);
}
