import { waitFor, waitForAnswer } from "../support/wait.ts";

/** How a {@linkcode Daemon} is started. */
export interface DaemonOptions {
  /** Path of the program. */
  readonly program: string;
  /** Its arguments; `@` stands for the daemon's own directory. */
  readonly args: readonly string[];
  /** Files of the directory, by their paths in it. */
  readonly files: Readonly<Record<string, string>>;
}

/** How long a daemon may take to end when it is told to, before it is killed. */
const longestStopMs = 10_000;
/** A loaded machine takes its time to start a program of 100 MB. */
const longestStartMs = 60_000;

/**
 * One of the Prometheus project's servers, on a free port of 127.0.0.1, with a temporary directory
 * of its own. Disposing of it ends the process and removes the directory.
 */
export class Daemon implements AsyncDisposable {
  /** Holds all that belongs to it. */
  readonly directory: string;
  readonly #process: Deno.ChildProcess;
  readonly #logRead: Promise<void>;
  /** What it has written so far. */
  #log = "";
  #port = 0;
  #hasEnded = false;

  private constructor(directory: string, { program, args }: DaemonOptions) {
    this.directory = directory;
    this.#process = new Deno.Command(program, {
      args: [
        ...args.map((arg) => arg.replaceAll("@", directory)),
        // Port 0: the system chooses, and the log says which one.
        ...["--web.listen-address=127.0.0.1:0", "--log.format=json"],
      ],
      // Whatever it writes where it starts is removed with the rest.
      cwd: directory,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#logRead = this.#readLog();
    void this.#process.status.then(() => this.#hasEnded = true);
  }

  /** Starts one, and waits until it is ready. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-monitoring-" });
    for (const [path, text] of Object.entries(options.files)) writeFile(directory, path, text);
    const daemon = new Daemon(directory, options);
    try {
      await waitFor(
        () => daemon.#listens() || daemon.#hasEnded,
        `${options.program} to listen`,
        longestStartMs,
      );
      if (daemon.#hasEnded) {
        await daemon.#logRead;
        throw new Error(`Cannot start ${options.program}: ${daemon.#log}`);
      }
      await waitForAnswer(
        async () => {
          const response = await fetch(`${daemon.url}/-/ready`);
          await response.body?.cancel();
          return response.ok;
        },
        `${options.program} to be ready`,
        longestStartMs,
      );
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where it listens: `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Writes a file of its directory, at once for whoever reads it. */
  write(path: string, text: string): void {
    writeFile(this.directory, path, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGTERM");
    const overdue = setTimeout(() => this.#signal("SIGKILL"), longestStopMs);
    await this.#process.status;
    clearTimeout(overdue);
    await this.#logRead;
    Deno.removeSync(this.directory, { recursive: true });
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has ended.
    }
  }

  #listens(): boolean {
    const address = /"address":"127\.0\.0\.1:(\d+)".*"Listening on"/.exec(this.#log);
    this.#port = Number(address?.[1] ?? 0);
    return this.#port !== 0;
  }

  async #readLog(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stderr) {
      this.#log += decoder.decode(chunk, { stream: true });
    }
  }
}

/** Renamed into its place: a daemon that watches a file must not see half of it. */
function writeFile(directory: string, path: string, text: string): void {
  const file = `${directory}/${path}`;
  Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(`${file}~`, text);
  Deno.renameSync(`${file}~`, file);
}
