import { ConfigError } from "../../tunnel/errors.ts";
import type { HostLock } from "../engine/connection/host_lock.ts";
import { exceedsMaxFail, type HostCount, type Serial } from "../engine/run/batches.ts";
import { type ProgramName, programsOf } from "./fleet.ts";
import type { FleetRun } from "./fleet_run.ts";
import type { HostRun } from "./host_run.ts";
import type { HostWork } from "./host_work.ts";
import { rollingBatches } from "./rolling_batches.ts";
import { restartSteps } from "./steps.ts";
import { surveyDeployed } from "./survey_fleet.ts";
import type { TunnelVerifier } from "./tunnel_verifier.ts";

/** What a rolling command on deployed hosts works with. */
export interface RollingOptions {
  readonly run: FleetRun;
  readonly work: HostWork;
  readonly verifier: TunnelVerifier;
  readonly lock: HostLock;
  readonly serial: Serial | undefined;
  readonly maxFail: HostCount;
  /** Overrides the hosts' own; in seconds. */
  readonly drainTimeoutSeconds?: number | undefined;
  /** Only says what would be done. */
  readonly check: boolean;
  readonly signal: AbortSignal;
}

/**
 * Restarts the programs of a fleet, batch by batch, while packets are sent through the tunnel. What
 * fails is told by the run's hosts.
 *
 * @param only The programs to restart; all by default.
 * @throws {ConfigError} when no host has such a program.
 */
export async function restartFleet(
  options: RollingOptions,
  only?: ProgramName,
): Promise<void> {
  const { run, work, maxFail, check, drainTimeoutSeconds } = options;
  const programs = (host: HostRun): ProgramName[] =>
    programsOf(host.host).filter((program) => only === undefined || program === only);
  if (run.hosts.every((host) => programs(host).length === 0)) {
    throw new ConfigError(`Cannot restart the ${only} as no selected host has one`);
  }
  for (const host of run.hosts) {
    if (programs(host).length === 0) run.finish(host, "skipped", `it has no ${only}`);
  }
  await surveyDeployed({ ...options, lock: check ? undefined : options.lock });
  if (stopsHere(options, maxFail)) return;
  for (const host of run.remaining) host.changed = programs(host).length;
  if (check) {
    for (const host of run.remaining) run.finish(host, "done");
    return;
  }
  await rollThrough(options, async (host) => {
    const steps = restartSteps(host.host, programs(host), drainTimeoutSeconds);
    await work.perform(host, steps, { isInterrupting: true, releaseBefore: host.releaseBefore });
  });
}

/** Whether too many hosts have failed already; then the others are left as they are. */
export function stopsHere({ run }: RollingOptions, maxFail: HostCount): boolean {
  if (!exceedsMaxFail(run.failed.length, run.hosts.length, maxFail)) return false;
  run.skipRemaining("nothing was changed, as other hosts can't take part");
  return true;
}

/** Does something on all hosts that are left, batch by batch. */
export async function rollThrough(
  { run, serial, maxFail }: RollingOptions,
  work: (host: HostRun) => Promise<void>,
): Promise<void> {
  const { stopped } = await run.rolling(
    rollingBatches(run.remaining, serial),
    maxFail,
    async (host) => {
      await work(host);
      run.finish(host, "done");
    },
  );
  if (stopped) run.skipRemaining("not touched, as the run stopped before its batch");
}
