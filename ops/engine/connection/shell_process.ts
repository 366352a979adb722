import type { ConnectionTraffic } from "./connection.ts";

/** How long a process may take to end when its input has, and again when it is asked to, in ms. */
const exitGraceMs = 1000;
/** How long output may come after a process has ended, in ms; another may hold its pipes open. */
const drainMs = 500;

/** Gets a process's output as it comes. */
export type OutputListener = (stream: "stdout" | "stderr", chunk: Uint8Array) => void;

/** Counts what all processes of a connection have cost. */
export type TrafficCounter = { -readonly [Name in keyof ConnectionTraffic]: number };

/** How a process is started. */
export interface ShellProcessOptions {
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /**
   * Whether it has a (kernel's) session of its own, out of reach of the terminal's Ctrl-C. Costs
   * Deno 2 ms more, as it must fork itself for that.
   */
  readonly detached: boolean;
  readonly traffic: TrafficCounter;
}

/** A process that carries a session: `ssh`, or a shell of this machine. */
export class ShellProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #traffic: TrafficCounter;
  #listener: OutputListener = () => {};

  /** Its exit code, once it has ended and its output has been listened to. */
  readonly exited: Promise<number>;

  /**
   * @throws {Deno.errors.NotFound} when there is no such program.
   */
  constructor({ argv, detached, traffic }: ShellProcessOptions) {
    const [program, ...args] = argv;
    this.#child = new Deno.Command(program!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached,
      // The messages that we read are English. Most servers take this over, for sudo's.
      env: { LC_ALL: "C" },
    }).spawn();
    this.#traffic = traffic;
    traffic.processes++;
    this.#input = this.#child.stdin.getWriter();
    this.#input.closed.catch(() => {});
    const readers = [this.#child.stdout.getReader(), this.#child.stderr.getReader()] as const;
    const heard = Promise.all([
      this.#listenTo("stdout", readers[0]),
      this.#listenTo("stderr", readers[1]),
    ]);
    this.exited = this.#child.status.then(async ({ code }) => {
      const timer = setTimeout(() => readers.forEach((reader) => reader.cancel()), drainMs);
      await heard;
      clearTimeout(timer);
      return code;
    });
  }

  /** Gives all further output to `listener`. */
  listen(listener: OutputListener): void {
    this.#listener = listener;
  }

  /** Resolves when there is room for more. That the process has ended is no error here. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#traffic.bytesSent += bytes.length;
    await this.#input.write(bytes).catch(() => {});
  }

  /** Ends the process's input, and the process itself if that does not make it end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#input.close().catch(() => {});
    const timer = setTimeout(() => this.kill(), exitGraceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** Ends the process without waiting for it. */
  kill(): void {
    // Asked first: ssh ends its own proxy processes then.
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), exitGraceMs);
    this.exited.then(() => clearTimeout(timer));
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended.
    }
  }

  async #listenTo(
    stream: "stdout" | "stderr",
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#traffic.bytesReceived += value.length;
      this.#listener(stream, value);
    }
  }
}
