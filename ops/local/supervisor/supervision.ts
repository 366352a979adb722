import { Backoff } from "../../../tunnel/backoff.ts";
import type { Clock, Timer } from "../../../tunnel/clock.ts";
import type { Logger } from "../../../tunnel/log.ts";
import type { ProgramExit, ProgramSpec, ProgramState } from "./program_spec.ts";

/** A program that has been started. */
export interface RunningProgram {
  readonly pid: number;
  /** See `process_identity.ts`. */
  readonly startedAt: string;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Without effect when it has ended. */
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

/** What a {@linkcode Supervision} works with. */
export interface SupervisionOptions {
  /** Starts a program; what it throws counts as an exit. */
  readonly start: (spec: ProgramSpec) => RunningProgram;
  /** Called after every change of {@linkcode Supervision.states}. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly wallClock: () => Date;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Upper bounds of the delay before a restart: the first and the last, in ms. */
const restartDelayMs = { baseMs: 500, maxMs: 30_000 };
/** A program that has run this long is well again: its next restart is a first one, in ms. */
const stableMs = 60_000;
/** How long a program may take to end before it is killed (systemd's unit has the same), in ms. */
export const stopGraceMs = 10_000;

/** Keeps a set of programs running: starts, restarts with back-off, stops. One event at a time. */
export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #units = new Map<string, Unit>();
  #stopping = false;

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  /** What runs, by program name. */
  get states(): Record<string, ProgramState> {
    return Object.fromEntries([...this.#units].map(([name, unit]) => [name, unit.state]));
  }

  /**
   * Makes what runs agree with `specs`: starts what is missing or waits for its next attempt,
   * restarts what has another fingerprint, stops what is no longer listed. Without effect after
   * {@linkcode stop}.
   */
  apply(specs: readonly ProgramSpec[]): void {
    if (this.#stopping) return;
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    for (const [name, unit] of this.#units) unit.want(wanted.get(name));
    for (const [name, spec] of wanted) {
      if (this.#units.has(name)) continue;
      const unit = new Unit(spec, this.#options, () => this.#units.delete(name));
      this.#units.set(name, unit);
      unit.want(spec);
    }
    this.#options.onChange();
  }

  /** Stops all programs; resolves when they have ended. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const units = [...this.#units.values()];
    for (const unit of units) unit.want(undefined);
    this.#options.onChange();
    await Promise.all(units.map((unit) => unit.gone));
  }
}

class Unit {
  readonly #options: SupervisionOptions;
  readonly #backoff: Backoff;
  readonly #gone = Promise.withResolvers<void>();
  readonly #remove: () => void;
  #wanted: ProgramSpec | undefined;
  #spec: ProgramSpec;
  #process: RunningProgram | undefined;
  #startedAtMs = 0;
  #timer: Timer | undefined;
  #state: ProgramState["state"] = "waiting";
  #since: string;
  #starts = 0;
  #lastExit: ProgramExit | undefined;

  constructor(spec: ProgramSpec, options: SupervisionOptions, remove: () => void) {
    this.#spec = spec;
    this.#options = options;
    this.#remove = remove;
    this.#backoff = new Backoff({ ...restartDelayMs, random: options.random });
    this.#since = options.wallClock().toISOString();
  }

  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get state(): ProgramState {
    const process = this.#process;
    return {
      state: this.#state,
      ...(process && { pid: process.pid, startedAt: process.startedAt }),
      since: this.#since,
      fingerprint: this.#spec.fingerprint,
      restarts: Math.max(0, this.#starts - 1),
      ...(this.#lastExit && { lastExit: this.#lastExit }),
    };
  }

  /** Takes the specification that shall run now, or `undefined` for none. */
  want(spec: ProgramSpec | undefined): void {
    this.#wanted = spec;
    if (this.#state === "running") {
      if (spec?.fingerprint !== this.#spec.fingerprint) this.#stop();
    } else if (this.#state === "waiting") {
      this.#timer?.[Symbol.dispose]();
      if (spec === undefined) return this.#end();
      this.#backoff.reset();
      this.#start(spec);
    }
    // While it is stopping, its end looks at what is wanted by then.
  }

  #start(spec: ProgramSpec): void {
    if (spec.fingerprint !== this.#spec.fingerprint) {
      this.#starts = 0;
      this.#lastExit = undefined;
    }
    this.#spec = spec;
    this.#starts++;
    this.#state = "waiting"; // until it runs: a start may fail
    this.#startedAtMs = this.#options.clock.now();
    try {
      this.#process = this.#options.start(spec);
    } catch (error) {
      this.#options.logger.error("program_not_started", { program: spec.name, error });
      this.#ended({ code: null, signal: null });
      return;
    }
    this.#options.logger.info("program_started", { program: spec.name, pid: this.#process.pid });
    this.#process.exited.then((exit) => {
      this.#process = undefined;
      this.#ended(exit);
      this.#options.onChange();
    });
    this.#enter("running");
  }

  #stop(): void {
    this.#enter("stopping");
    const process = this.#process;
    process?.signal("SIGTERM");
    this.#timer = this.#options.clock.setTimer(() => {
      this.#options.logger.warn("program_killed", { program: this.#spec.name, stopGraceMs });
      process?.signal("SIGKILL");
    }, stopGraceMs);
  }

  #ended(exit: { code: number | null; signal: string | null }): void {
    const wasStopping = this.#state === "stopping";
    this.#timer?.[Symbol.dispose]();
    this.#options.logger[wasStopping ? "info" : "error"]("program_ended", {
      program: this.#spec.name,
      ...exit,
    });
    this.#lastExit = { ...exit, at: this.#options.wallClock().toISOString() };
    if (this.#wanted === undefined) return this.#end();
    if (wasStopping) {
      this.#backoff.reset();
      return this.#start(this.#wanted);
    }
    if (this.#options.clock.now() - this.#startedAtMs >= stableMs) this.#backoff.reset();
    this.#enter("waiting");
    const delayMs = this.#backoff.next();
    this.#options.logger.info("program_waits", { program: this.#spec.name, delayMs });
    this.#timer = this.#options.clock.setTimer(() => {
      this.#start(this.#wanted!);
      this.#options.onChange();
    }, delayMs);
  }

  #enter(state: ProgramState["state"]): void {
    this.#state = state;
    this.#since = this.#options.wallClock().toISOString();
  }

  #end(): void {
    this.#remove();
    this.#gone.resolve();
  }
}
