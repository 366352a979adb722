import { ZtnaError } from "../../tunnel/errors.ts";
import type { Connection } from "../engine/connection/connection.ts";
import { UnreachableError } from "../engine/errors.ts";
import { exceedsMaxFail, type HostCount } from "../engine/run/batches.ts";
import type { FleetEvent, HostOutcome } from "../engine/run/event.ts";
import { forEachLimited } from "../engine/run/for_each_limited.ts";
import type { FleetHost } from "./fleet.ts";
import { HostRun, type RunHost } from "./host_run.ts";

/** What a {@linkcode FleetRun} works with. */
export interface FleetRunOptions<H extends RunHost> {
  /** The hosts that the command is about. */
  readonly hosts: readonly H[];
  /** Opens a connection to one of them; the signal ends the attempt, but not the connection. */
  readonly connect: (host: H, signal: AbortSignal) => Promise<Connection>;
  /** Most hosts that are worked on at a time. */
  readonly forks: number;
  readonly emit: (event: FleetEvent) => void;
  /** Ends the run; what is under way on hosts is ended, too. */
  readonly signal: AbortSignal;
}

/**
 * A command's way through its hosts. An error of one host ends that host's part, is reported, and
 * lets the others go on; how many may fail is asked at the end of each stage.
 */
export class FleetRun<H extends RunHost = FleetHost> implements AsyncDisposable {
  readonly #options: FleetRunOptions<H>;
  /** All hosts, in inventory order. */
  readonly hosts: readonly HostRun<H>[];

  constructor(options: FleetRunOptions<H>) {
    this.#options = options;
    this.hosts = options.hosts.map((host) => new HostRun(host));
  }

  /** Tells the run's sinks something. */
  emit(event: FleetEvent): void {
    this.#options.emit(event);
  }

  /** Hosts that are neither finished nor out. */
  get remaining(): HostRun<H>[] {
    return this.hosts.filter(({ outcome }) => outcome === undefined);
  }

  /** Hosts that failed or could not be reached. */
  get failed(): HostRun<H>[] {
    return this.hosts.filter(({ hasFailed }) => hasFailed);
  }

  /**
   * Connects to every host and does something there.
   *
   * @param limitOf Ends a host's attempt to connect, with its reason; asked when its turn comes.
   */
  async connectAll(
    work: (host: HostRun<H>) => Promise<void>,
    limitOf: (host: HostRun<H>) => AbortSignal = () => this.#options.signal,
  ): Promise<void> {
    await this.forEach(this.hosts, async (run) => {
      this.emit({ type: "host_state", host: run.name, phase: "connecting" });
      run.connection = await this.#options.connect(run.host, limitOf(run));
      await work(run);
    });
  }

  /** Opens a further connection to a host, also one that the run is not about; it is the caller's. */
  async connect(host: H, signal: AbortSignal): Promise<Connection> {
    return await this.#options.connect(host, signal);
  }

  /**
   * Does something on hosts, `forks` at a time. What it throws ends a host's part; faults of ours
   * end the run.
   *
   * @throws the signal's reason when the run is interrupted.
   */
  async forEach(
    hosts: readonly HostRun<H>[],
    work: (host: HostRun<H>) => Promise<void>,
  ): Promise<void> {
    const { signal, forks } = this.#options;
    await forEachLimited(hosts, forks, async (run) => {
      if (run.outcome !== undefined || signal.aborted) return;
      try {
        await work(run);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ZtnaError)) throw error;
        this.finish(
          run,
          error instanceof UnreachableError ? "unreachable" : "failed",
          error.message,
        );
      }
    });
    signal.throwIfAborted();
  }

  /**
   * Does something on hosts, batch after batch.
   *
   * @returns whether more hosts of a batch failed than may: then those of later batches are left
   * as they are.
   */
  async rolling(
    batches: readonly (readonly HostRun<H>[])[],
    maxFail: HostCount,
    work: (host: HostRun<H>) => Promise<void>,
  ): Promise<{ readonly stopped: boolean }> {
    const of = batches.length;
    for (const [at, batch] of batches.entries()) {
      const index = at + 1;
      const hosts = batch.map(({ name }) => name);
      this.emit({ type: "batch_started", index, of, hosts });
      await this.forEach(batch, work);
      const failed = batch.filter(({ hasFailed }) => hasFailed).length;
      this.emit({ type: "batch_finished", index, of, failed });
      if (exceedsMaxFail(failed, batch.length, maxFail)) return { stopped: true };
    }
    return { stopped: false };
  }

  /** It is over for a host. */
  finish(run: HostRun<H>, outcome: HostOutcome, error?: string): void {
    if (run.outcome !== undefined) return;
    run.finish(outcome, error);
    this.emit({
      type: "host_finished",
      host: run.name,
      outcome,
      changed: run.changed,
      releaseBefore: run.releaseBefore,
      releaseAfter: run.releaseAfter,
      ...error !== undefined && { error },
    });
  }

  /** What is left is not touched any more. */
  skipRemaining(why: string): void {
    for (const run of this.remaining) this.finish(run, "skipped", why);
  }

  /** 0 all done, 1 something failed, 4 hosts could not be reached and nothing else failed. */
  get exitCode(): number {
    const { failed } = this;
    if (failed.length === 0) return 0;
    return failed.every(({ outcome }) => outcome === "unreachable") ? 4 : 1;
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((run) => run.disconnect()));
  }
}
