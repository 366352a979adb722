import type { ScrapedProgram } from "../../dashboards/catalogue.ts";
import { parseExposition, type Series } from "../support/exposition.ts";
import { freePort } from "../support/free_port.ts";
import { Program } from "../support/program.ts";
import { waitFor, waitForAnswer } from "../support/wait.ts";

/** What differs from host to host. */
export interface MonitoredProgramOptions {
  readonly program: ScrapedProgram;
  /** The host's name in the inventory. */
  readonly host: string;
  /** All but the admin port. */
  readonly args: readonly string[];
  /** The release that it says it is. */
  readonly release: string;
}

/** Attempts to bind the admin port: somebody may take it between our looking and the binding. */
const maxStarts = 5;
/** A loaded machine takes its time to start a program, and to end one whose clients are slow. */
const longestStartMs = 60_000;

/**
 * A relay or connector as a process with admin endpoints, which is stopped and started as on a host
 * and keeps its ports.
 */
export class MonitoredProgram implements AsyncDisposable {
  readonly program: ScrapedProgram;
  readonly host: string;
  /** Of 127.0.0.1; the same after each start. */
  readonly adminPort: number;
  /** The release that the present process says it is. */
  release: string;
  readonly #args: readonly string[];
  #process: Program;

  private constructor(options: MonitoredProgramOptions, adminPort: number) {
    this.program = options.program;
    this.host = options.host;
    this.adminPort = adminPort;
    this.release = options.release;
    this.#args = [...options.args, "--metrics-port", String(adminPort)];
    this.#process = this.#spawn();
  }

  /** Starts one on a free admin port, and waits until that answers. */
  static async start(options: MonitoredProgramOptions): Promise<MonitoredProgram> {
    for (let attempt = 1;; attempt++) {
      const started = new MonitoredProgram(options, freePort());
      try {
        await started.#answers();
        return started;
      } catch (error) {
        await started[Symbol.asyncDispose]();
        const { stderr } = await started.#process.ended();
        if (attempt === maxStarts) throw new Error(`${error}: ${stderr}`);
      }
    }
  }

  /** The present process. */
  get process(): Program {
    return this.#process;
  }

  /** What it says of itself at `/metrics`. */
  async exposition(): Promise<Series> {
    return parseExposition(await this.#get("/metrics"));
  }

  /** Waits until it is ready for traffic. */
  async ready(): Promise<void> {
    await waitFor(
      () => this.#process.log.some(({ event }) => event === "ready"),
      `the readiness of ${this.host}`,
      longestStartMs,
    );
  }

  /** Stops it as systemd does; it says goodbye to its peers. */
  async stop(): Promise<void> {
    this.#process.signal("SIGTERM");
    const { code, stderr } = await this.#process.ended();
    if (code !== 0) throw new Error(`${this.host} has ended with ${code}: ${stderr}`);
  }

  /** Starts it again after `stop`, as another release if given, and waits until it answers. */
  async startAgain(release: string = this.release): Promise<void> {
    this.release = release;
    this.#process = this.#spawn();
    await this.#answers();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  #spawn(): Program {
    return new Program(this.program, this.#args, { ZTNA_RELEASE: this.release });
  }

  async #answers(): Promise<void> {
    let hasEnded = false;
    void this.#process.ended().then(() => hasEnded = true);
    await waitForAnswer(
      async () => {
        if (hasEnded) throw new Error(`${this.host} has ended`);
        return await this.#get("/healthz").catch(() => undefined);
      },
      `${this.host} to answer`,
      longestStartMs,
    );
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.adminPort}${path}`);
    return await response.text();
  }
}
