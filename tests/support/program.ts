import { testedPermissions } from "./program_permissions.ts";
import { waitFor } from "./wait.ts";

const root = new URL("../../", import.meta.url);

/**
 * What the programs may do: the same as on a host, where only `/etc/ztna` is theirs to read. Tests
 * have their files in the directory for temporary ones; `intermediate.json` and the like, which are
 * looked for where the program starts, in the checkout.
 */
const permissions = testedPermissions([Deno.env.get("TMPDIR") ?? "/tmp", root.pathname]);

/** One line of a program's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: unknown };

/** How a program has ended, and what it has written. */
export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The relay or the connector as a process of its own. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdout: Promise<string>;
  readonly #stderrRead: Promise<void>;
  #stderr = "";

  /** Starts it; `env` is what it finds in its environment beside this process's. */
  constructor(
    name: "relay" | "connector",
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--cached-only",
        ...permissions,
        new URL(`${name}/main.ts`, root).pathname,
        ...args,
      ],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", ...env },
    }).spawn();
    this.#stdout = new Response(this.#process.stdout).text();
    this.#stderrRead = this.#readStderr();
  }

  /** Runs it to its end. */
  static async run(name: "relay" | "connector", args: readonly string[]): Promise<ProgramEnd> {
    await using program = new Program(name, args);
    return await program.ended();
  }

  /** Its process number. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What it has logged. */
  get log(): LogLine[] {
    return this.#stderr.split("\n").filter((line) => line.startsWith("{")).map((line) =>
      JSON.parse(line) as LogLine
    );
  }

  /** Waits for a line of the log, of which there must be `count`, and returns the last one. */
  async logged(event: string, count = 1): Promise<LogLine> {
    const found = await waitFor(
      () => {
        const lines = this.log.filter((line) => line.event === event);
        return lines.length >= count && lines;
      },
      `${count} times "${event}" in the log`,
      20_000,
    ).catch((error) => {
      throw new Error(`${error.message}\n${this.#stderr}`);
    });
    return (found as LogLine[])[count - 1]!;
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for its end. */
  async ended(): Promise<ProgramEnd> {
    const { code } = await this.#process.status;
    const stdout = await this.#stdout;
    await this.#stderrRead;
    return { code, stdout, stderr: this.#stderr };
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended();
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stderr) {
      this.#stderr += decoder.decode(chunk, { stream: true });
    }
  }
}
