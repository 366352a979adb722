import { dirname } from "node:path";
import { DeploymentLock, LockedError } from "../../deployment_lock.ts";
import { pause } from "../../waiting.ts";
import { keepable } from "../history/compare_sweep.ts";
import { coverageOf } from "../history/coverage.ts";
import type { SweepChanges } from "../history/history.ts";
import type { FleetSweep } from "../sweep_fleet.ts";
import type { NotifiedSweep } from "./change.ts";
import { DeliveryError, type DeliveryLimits } from "./delivery.ts";
import { deliver } from "./http_delivery.ts";
import { noState, type NotificationStates, readStates, writeStates } from "./notification_state.ts";
import type { Receiver } from "./receiver.ts";

/** How often the lock is tried for while another sweep is telling, in ms. */
const lockPollMs = 100;

/** What telling of a sweep takes. */
export interface NotifySweepOptions {
  readonly receivers: readonly Receiver[];
  /** Where it is kept what they know. */
  readonly path: string;
  /** When to stop trying, by `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Gets what could not be told; no reason to fail, as the next sweep tries again. */
  readonly warn: (text: string) => void;
}

/**
 * Tells all receivers of a sweep. What can't be delivered is kept for the next sweep to send.
 *
 * @param changes What the history says; without it, problems are as old as the sweep.
 * @param isWhole Whether it has looked at all hosts of the inventory.
 * @throws the signal's reason when it aborts.
 */
export async function notifySweep(
  sweep: FleetSweep,
  { changes, isWhole }: {
    readonly changes: SweepChanges | undefined;
    readonly isWhole: boolean;
  },
  options: NotifySweepOptions,
): Promise<void> {
  const { receivers, path, warn } = options;
  if (receivers.length === 0) return;
  using lock = await takeLock(path, options);
  if (lock === undefined) {
    warn("Nobody was told of this sweep as another one has been telling of its own all the time");
    return;
  }
  const notified: NotifiedSweep = {
    startedMs: sweep.result.startedMs,
    findings: keepable(sweep.result.findings),
    coverage: coverageOf(sweep, isWhole),
    since: changes?.since ?? new Map(),
    flapping: changes?.flapping ?? new Set<string>(),
  };
  await tellAll(notified, readStates(path, warn), options);
}

async function tellAll(
  sweep: NotifiedSweep,
  before: NotificationStates,
  { receivers, path, deadline, signal, warn }: NotifySweepOptions,
): Promise<void> {
  const stateOf = (key: string): NotificationStates[string] => before[key] ?? noState;
  // A sweep that began later has told what is newer than what we know. One that has yet to begin is
  // of a clock that was wrong, and must not keep us quiet until then.
  const nowMs = Date.now();
  const told = receivers.filter(({ key }) => {
    const { sweepMs } = stateOf(key);
    return sweepMs < sweep.startedMs || sweepMs > nowMs;
  });
  const states = new Map(Object.entries(before));
  for (const each of told) states.set(each.key, each.prepare(stateOf(each.key), sweep));
  const save = (): void => {
    try {
      writeStates(path, Object.fromEntries(states), Date.now());
    } catch (error) {
      warn(`Cannot keep what was told of this sweep, so it is told again: ${reasonOf(error)}`);
    }
  };
  save();
  await Promise.all(told.map(async (receiver) => {
    const { name, key } = receiver;
    const { state, failure } = await receiver.deliver(states.get(key)!, sweep, {
      deadline,
      signal,
    });
    states.set(key, state);
    if (failure !== undefined) {
      warn(`Cannot tell ${name} of this sweep: ${failure}; the next sweep tries again`);
    }
  }));
  save();
}

const noLock: Disposable = { [Symbol.dispose]: () => {} };

/**
 * Waits for the lock as long as there is time; `undefined` when another sweep has it still.
 * Where there can be none, what was told can't be kept either, which is no reason to tell nothing.
 */
async function takeLock(
  path: string,
  { deadline, signal, warn }: NotifySweepOptions,
): Promise<Disposable | undefined> {
  for (;;) {
    signal.throwIfAborted();
    try {
      Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      return DeploymentLock.take(`${path}.lock`, "tell of a sweep");
    } catch (error) {
      if (!(error instanceof LockedError)) {
        warn(`Cannot keep other sweeps from telling the same: ${reasonOf(error)}`);
        return noLock;
      }
    }
    if (performance.now() >= deadline) return undefined;
    await pause(lockPollMs, signal);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Tells a dead man's switch that a sweep has ended, so that it raises the alarm when none does.
 *
 * @param warn Gets why it could not be told: then it raises the alarm, which is right.
 * @throws the signal's reason when it aborts.
 */
export async function sendHeartbeat(
  url: string,
  limits: DeliveryLimits,
  warn: (text: string) => void,
): Promise<void> {
  try {
    await deliver(url, () => ({ method: "GET" }), limits);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const { origin } = new URL(url);
    warn(`Cannot send the heartbeat to ${JSON.stringify(origin)}: ${error.message}`);
  }
}
