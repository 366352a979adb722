import type { HostPhase, StampedEvent } from "../../ops/engine/run/event.ts";
import { waitFor } from "../support/wait.ts";

/** How a command has ended, and what it has told. */
export interface CommandEnd {
  /** Exit code; 128 and its number for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly StampedEvent[];
  /** The most memory that it has had, as far as it was looked at, in bytes. */
  readonly peakMemoryBytes: number;
}

/** How a command is started. */
export interface CommandStart {
  /** The command's file. */
  readonly script: string;
  readonly args: readonly string[];
  /** Added to ours. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where it writes its events, if it has some; there is no such file yet. */
  readonly eventFile?: string;
}

/** How long a command may take to tell something, in ms: a busy machine is slow. */
const eventTimeoutMs = 120_000;

/** How often a command's peak of memory is looked at, in ms: the kernel keeps it while it runs. */
const memoryIntervalMs = 50;

/** A command of the operator's as a process of its own, and what it tells while it runs. */
export class RunningCommand implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #eventFile: string | undefined;
  readonly #end: Promise<CommandEnd>;
  readonly #events: StampedEvent[] = [];
  #readBytes = 0;
  #hasEnded = false;
  #peakMemoryBytes = 0;

  /** Starts it. */
  constructor({ script, args, environment, eventFile }: CommandStart) {
    this.#eventFile = eventFile;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "-A", script],
        ...eventFile === undefined ? [] : ["--events", eventFile],
        ...args,
      ],
      env: { ...environment },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const timer = setInterval(() => this.#lookAtMemory(), memoryIntervalMs);
    this.#end = this.#process.output().then(({ code, stdout, stderr }) => {
      this.#hasEnded = true;
      clearInterval(timer);
      const text = new TextDecoder();
      return {
        ...{ code, stdout: text.decode(stdout), stderr: text.decode(stderr) },
        ...{ events: this.events, peakMemoryBytes: this.#peakMemoryBytes },
      };
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What it has told so far. */
  get events(): readonly StampedEvent[] {
    if (this.#eventFile !== undefined) this.#readEvents(this.#eventFile);
    return this.#events;
  }

  /**
   * Waits until it tells something.
   *
   * @param what What that is, for the failure's message.
   */
  async told(isWanted: (event: StampedEvent) => boolean, what: string): Promise<StampedEvent> {
    const found = await waitFor(
      () => this.events.find(isWanted) ?? (this.#hasEnded ? "ended" : undefined),
      what,
      eventTimeoutMs,
    );
    if (found !== "ended") return found;
    const { code, stderr } = await this.#end;
    throw new Error(`The command has ended with code ${code} without ${what}:\n${stderr}`);
  }

  /**
   * Waits until it sends a script to a host, or such a script for the `count`th time.
   *
   * @param what What the script's own words begin with.
   */
  async sends(what: string, count = 1): Promise<void> {
    await this.told((event) => {
      if (event.type !== "script_started" || !event.what.startsWith(what)) return false;
      const index = this.#events.indexOf(event);
      const before = this.#events.slice(0, index).filter((earlier) =>
        earlier.type === "script_started" && earlier.what.startsWith(what)
      );
      return before.length === count - 1;
    }, `a script "${what}"`);
  }

  /** Waits until a host enters a phase. */
  async enters(phase: HostPhase, detail?: string): Promise<void> {
    await this.told(
      (event) =>
        event.type === "host_state" && event.phase === phase &&
        (detail === undefined || event.detail === detail),
      `phase "${phase}"`,
    );
  }

  /** Sends a signal, if it still runs. */
  signal(signal: Deno.Signal): void {
    if (!this.#hasEnded) this.#process.kill(signal);
  }

  /** Waits for its end. */
  async ended(): Promise<CommandEnd> {
    return await this.#end;
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#end;
  }

  #lookAtMemory(): void {
    try {
      const status = Deno.readTextFileSync(`/proc/${this.pid}/status`);
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
      if (kilobytes !== undefined) this.#peakMemoryBytes = Number(kilobytes) * 1024;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just ended
    }
  }

  /** Reads what has been written since the last time; a line that is half written comes later. */
  #readEvents(path: string): void {
    let opened: Deno.FsFile;
    try {
      opened = Deno.openSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    using file = opened;
    file.seekSync(this.#readBytes, Deno.SeekMode.Start);
    const bytes = new Uint8Array(file.statSync().size - this.#readBytes);
    const read = bytes.subarray(0, file.readSync(bytes) ?? 0);
    const whole = read.subarray(0, read.lastIndexOf(0x0a) + 1);
    this.#readBytes += whole.length;
    for (const line of new TextDecoder().decode(whole).split("\n").slice(0, -1)) {
      this.#events.push(JSON.parse(line) as StampedEvent);
    }
  }
}
