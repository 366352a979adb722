import type { Environment } from "../../state_home.ts";
import type { SweepChanges } from "../history/history.ts";
import type { FleetSweep } from "../sweep_fleet.ts";
import { parseInterval } from "../schedule/interval.ts";
import { notifySweep, sendHeartbeat } from "./notify_sweep.ts";
import type { Receiver } from "./receiver.ts";
import type { NotifyValues } from "./open_notifier.ts";
import { receiversOf } from "./receivers.ts";

/** An alert at Alertmanager outlives so many intervals without a sweep. */
const heldIntervals = 3;
/** Of a sweep's time, this is kept for telling of it: a fifth, but no more ms than this. */
const reservedShare = 0.2;
const maxReservedMs = 10_000;

/** What a {@linkcode SweepNotifier} works with. */
export interface SweepNotifierOptions {
  readonly fleet: string;
  /** Where it is kept what receivers know. */
  readonly path: string;
  readonly environment: Environment;
  /** The whole sweep's time, which begins now, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Gets what could not be told. */
  readonly warn: (text: string) => void;
}

/** Tells of a sweep: those who want to know what has changed, and a dead man's switch. */
export class SweepNotifier {
  readonly #receivers: readonly Receiver[];
  readonly #heartbeat: string | undefined;
  readonly #options: SweepNotifierOptions;
  readonly #deadline: number;

  /** @throws {ConfigError} when a webhook is to be told, and no secret to sign with. */
  constructor(values: NotifyValues, options: SweepNotifierOptions) {
    const { fleet, environment, timeoutMs } = options;
    // The option's own check has let it pass.
    const holdMs = parseInterval(values.every)!.seconds * 1000 * heldIntervals;
    this.#receivers = receiversOf(values, { fleet, environment, holdMs });
    this.#heartbeat = values.heartbeat;
    this.#options = options;
    this.#deadline = performance.now() + timeoutMs;
  }

  /** How much of the sweep's time must be left for telling of it, in ms. */
  get reservedMs(): number {
    return Math.min(maxReservedMs, this.#options.timeoutMs * reservedShare);
  }

  /**
   * Tells of a sweep that has ended.
   *
   * @throws the signal's reason when it aborts.
   */
  async tell(
    sweep: FleetSweep,
    about: { readonly changes: SweepChanges | undefined; readonly isWhole: boolean },
  ): Promise<void> {
    const { path, signal, warn } = this.#options;
    const limits = { deadline: this.#deadline, signal };
    await notifySweep(sweep, about, { receivers: this.#receivers, path, warn, ...limits });
    // Behind the others: what it says is that all of it has worked.
    if (this.#heartbeat !== undefined) await sendHeartbeat(this.#heartbeat, limits, warn);
  }
}
