import { type Clock, systemClock } from "./clock.ts";
import type { Logger } from "./log.ts";

/**
 * Where a program is in its life: `starting` until its first `setReady`, `draining` from the first
 * reason to leave (it winds down, or shuts down), `stopped` when its shutdown hooks have run.
 */
export type Phase = "starting" | "ready" | "draining" | "stopped";

/** The signals that a program acts on. */
export type HandledSignal = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGUSR2";

/** How signals come and how a process ends; tests give their own. */
export interface ProcessControl {
  addSignalListener(signal: HandledSignal, listener: () => void): void;
  removeSignalListener(signal: HandledSignal, listener: () => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** Whether traffic is wanted, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
}

/** What a `Lifecycle` works with. */
export interface LifecycleOptions {
  readonly logger: Logger;
  /** This process by default. */
  readonly control?: ProcessControl;
  /**
   * How long all shutdown hooks together may take, in milliseconds, before the program stops without
   * them and counts as failed. Without a limit by default; must be below systemd's `TimeoutStopSec`.
   */
  readonly shutdownTimeoutMs?: number;
  readonly clock?: Clock;
  /** Told after every change of phase or readiness. Must not throw. */
  readonly onChange?: (state: LifecycleState) => void;
}

/** What can be said about a program from outside. */
export type LifecycleState = Pick<Lifecycle, "phase" | "readiness" | "isShuttingDown">;

/** By shell convention a process that a signal ended exits with 128 and the signal's number. */
const forcedExitCode = { SIGTERM: 143, SIGINT: 130 } as const;

/** Signals of this process. A platform without one of them (Windows) goes without it. */
export const systemControl: ProcessControl = {
  addSignalListener(signal, listener): void {
    if (isSupported(signal)) Deno.addSignalListener(signal, listener);
  },
  removeSignalListener(signal, listener): void {
    if (isSupported(signal)) Deno.removeSignalListener(signal, listener);
  },
  exit: (code) => Deno.exit(code),
};

function isSupported(signal: HandledSignal): boolean {
  return Deno.build.os !== "windows" || signal === "SIGINT";
}

interface Hook {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/**
 * A program's life from start to exit: readiness, reload on SIGHUP, and two ways to leave. On
 * SIGUSR2 it winds down: it takes nobody new and serves those that it has, for as long as it is let.
 * On SIGTERM or SIGINT it shuts down, once and in order (a second one ends the process at once).
 * Signals are handled from construction on.
 */
export class Lifecycle implements Disposable {
  readonly #logger: Logger;
  readonly #control: ProcessControl;
  readonly #clock: Clock;
  readonly #shutdownTimeoutMs: number;
  readonly #listeners: readonly (readonly [HandledSignal, () => void])[];
  readonly #shutdownHooks: Hook[] = [];
  readonly #reloadHooks: Hook[] = [];
  readonly #windDownHooks: Hook[] = [];
  readonly #onChange: (state: LifecycleState) => void;
  readonly #draining = new AbortController();
  readonly #stopped = Promise.withResolvers<number>();
  #phase: Phase = "starting";
  #notReadyReason: string | undefined = "starting";
  #reloading: Promise<void> | undefined;
  #reloadAgain = false;

  constructor(options: LifecycleOptions) {
    const { logger, control = systemControl, clock = systemClock } = options;
    this.#logger = logger;
    this.#control = control;
    this.#clock = clock;
    this.#shutdownTimeoutMs = options.shutdownTimeoutMs ?? Infinity;
    this.#onChange = options.onChange ?? ((): void => {});
    this.#listeners = [
      ["SIGTERM", () => this.#onStopSignal("SIGTERM")],
      ["SIGINT", () => this.#onStopSignal("SIGINT")],
      ["SIGHUP", () => void this.reload()],
      ["SIGUSR2", () => void this.windDown("SIGUSR2")],
    ];
    for (const [signal, listener] of this.#listeners) control.addSignalListener(signal, listener);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Aborts when the shutdown begins, with the reason as its text; for everything that waits. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Whether the shutdown has begun: peers are being closed, not served any more. */
  get isShuttingDown(): boolean {
    return this.draining.aborted;
  }

  /** Resolves when the program has stopped: exit code 0, or 1 when a shutdown hook failed. */
  get stopped(): Promise<number> {
    return this.#stopped.promise;
  }

  /** What `/readyz` answers. */
  readiness(): Readiness {
    return this.#notReadyReason === undefined
      ? { ready: true }
      : { ready: false, reason: this.#notReadyReason };
  }

  /** The program wants traffic. Without effect once draining has begun. */
  setReady(): void {
    if (this.#isLeaving) return;
    this.#phase = "ready";
    if (this.#notReadyReason === undefined) return;
    this.#notReadyReason = undefined;
    this.#logger.info("ready");
    this.#onChange(this);
  }

  /**
   * The program runs but can't serve for now, such as a connector that is not registered. The phase
   * stays what it is. Without effect once draining has begun.
   */
  setNotReady(reason: string): void {
    if (this.#isLeaving || this.#notReadyReason === reason) return;
    this.#notReadyReason = reason;
    this.#logger.warn("not_ready", { reason });
    this.#onChange(this);
  }

  get #isLeaving(): boolean {
    return this.#phase === "draining" || this.#phase === "stopped";
  }

  /**
   * Adds a step of the shutdown. Steps run one after the other, the last added first, so that what
   * was started first is there longest. A step that fails is logged, and the others still run.
   *
   * @returns removes the step when disposed of.
   */
  onShutdown(name: string, run: () => void | Promise<void>): Disposable {
    return added(this.#shutdownHooks, { name, run });
  }

  /**
   * Adds something to reload on SIGHUP, in the order of adding. `run` must keep the old state when
   * it throws; that is logged, and the others still run.
   *
   * @returns removes it when disposed of.
   */
  onReload(name: string, run: () => void | Promise<void>): Disposable {
    return added(this.#reloadHooks, { name, run });
  }

  /**
   * Adds something to do when the program begins to wind down, in the order of adding. It is left
   * out when the program shuts down without having done so.
   *
   * @returns removes it when disposed of.
   */
  onWindDown(name: string, run: () => void | Promise<void>): Disposable {
    return added(this.#windDownHooks, { name, run });
  }

  /**
   * Takes nobody new from now on and serves those that are there, as SIGUSR2 does. Nothing ends by
   * itself: the shutdown follows when somebody calls for it. Repeating it changes nothing.
   *
   * @param reason What `/readyz` and the log say.
   * @returns when the hooks have run. Never rejects.
   */
  async windDown(reason: string): Promise<void> {
    if (this.#isLeaving) return;
    this.#phase = "draining";
    this.#notReadyReason = `draining: ${reason}`;
    this.#logger.info("winding_down", { reason });
    this.#onChange(this);
    await this.#run([...this.#windDownHooks], "wind_down_failed");
  }

  /** Reloads as SIGHUP does; calls during a reload make one more follow. Never rejects. */
  reload(): Promise<void> {
    if (this.draining.aborted) {
      this.#logger.info("reload_ignored", { reason: "the program is stopping" });
      return Promise.resolve();
    }
    if (this.#reloading !== undefined) {
      this.#reloadAgain = true;
      return this.#reloading;
    }
    return this.#reloading = this.#runReloads().finally(() => this.#reloading = undefined);
  }

  /**
   * Begins the shutdown, as SIGTERM does, or joins the one under way.
   *
   * @param reason What `/readyz` and the log say.
   * @returns the exit code, as `stopped`.
   */
  drain(reason: string): Promise<number> {
    if (!this.draining.aborted) {
      this.#phase = "draining";
      this.#notReadyReason = `draining: ${reason}`;
      this.#logger.info("draining", { reason });
      this.#draining.abort(new DOMException(reason, "AbortError"));
      this.#onChange(this);
      void this.#shutDown();
    }
    return this.stopped;
  }

  /** Stops listening to signals; happens by itself when the program has stopped. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) {
      this.#control.removeSignalListener(signal, listener);
    }
  }

  #onStopSignal(signal: "SIGTERM" | "SIGINT"): void {
    if (this.draining.aborted) {
      this.#logger.warn("exit_forced", { signal });
      this.#control.exit(forcedExitCode[signal]);
    } else {
      void this.drain(signal);
    }
  }

  async #shutDown(): Promise<void> {
    const { promise: timedOut, resolve } = Promise.withResolvers<false>();
    using _timer = this.#clock.setTimer(() => {
      this.#logger.error("shutdown_timed_out", { timeoutMs: this.#shutdownTimeoutMs });
      resolve(false);
    }, this.#shutdownTimeoutMs);
    const hooks = this.#shutdownHooks.toReversed();
    const succeeded = await Promise.race([this.#run(hooks, "shutdown_failed"), timedOut]);
    this.#phase = "stopped";
    this.#notReadyReason = "stopped";
    this[Symbol.dispose]();
    this.#logger.info("stopped");
    this.#onChange(this);
    this.#stopped.resolve(succeeded ? 0 : 1);
  }

  async #runReloads(): Promise<void> {
    do {
      this.#reloadAgain = false;
      if (await this.#run([...this.#reloadHooks], "reload_failed")) this.#logger.info("reloaded");
    } while (this.#reloadAgain && !this.draining.aborted);
  }

  /** Runs hooks in turn; tells whether all succeeded. Never rejects. */
  async #run(hooks: readonly Hook[], failureEvent: string): Promise<boolean> {
    let succeeded = true;
    for (const { name, run } of hooks) {
      try {
        await run();
      } catch (error) {
        succeeded = false;
        this.#logger.error(failureEvent, { step: name, error });
      }
    }
    return succeeded;
  }
}

function added(hooks: Hook[], hook: Hook): Disposable {
  hooks.push(hook);
  return {
    [Symbol.dispose](): void {
      const index = hooks.indexOf(hook);
      if (index !== -1) hooks.splice(index, 1);
    },
  };
}
