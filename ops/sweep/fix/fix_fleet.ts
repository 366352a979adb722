import { ZtnaError } from "../../../tunnel/errors.ts";
import type { HostLock } from "../../engine/connection/host_lock.ts";
import type { ChangeJson } from "../../engine/resource/change.ts";
import { describeChange } from "../../engine/resource/change.ts";
import { checkPlay } from "../../engine/resource/check_play.ts";
import { gatherFacts } from "../../engine/resource/gather_facts.ts";
import type { Play } from "../../engine/resource/resource.ts";
import type { HostCount } from "../../engine/run/batches.ts";
import type { FleetCredentials } from "../../fleet/credentials.ts";
import { combinedPlay, isEmpty } from "../../fleet/deploy_plan.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import type { FleetRun } from "../../fleet/fleet_run.ts";
import { handlerOf, hostPlays } from "../../fleet/host_plays.ts";
import type { HostRun } from "../../fleet/host_run.ts";
import type { HostWork } from "../../fleet/host_work.ts";
import {
  drainingPrograms,
  programsHealthScript,
  readProgramsHealth,
} from "../../fleet/programs_health.ts";
import type { TunnelVerifier } from "../../fleet/tunnel_verifier.ts";
import { rollingBatches } from "../../fleet/rolling_batches.ts";
import type { HostStep } from "../../fleet/steps.ts";
import type { LeftFinding, Mend } from "./fix.ts";
import { fixChanges, type FixPlan, fixPlay, planFixes, restartSummary } from "./fix_plan.ts";

/** What mending a fleet works with. */
export interface FixFleetOptions {
  readonly fleet: Fleet;
  /** The hosts on which there is something to mend. */
  readonly run: FleetRun;
  readonly work: HostWork;
  readonly verifier: TunnelVerifier;
  /** What is to be mended, by the host's name. */
  readonly mends: ReadonlyMap<string, readonly Mend[]>;
  /** Of the hosts that need them. */
  readonly credentials: FleetCredentials | undefined;
  /** Texts of the unit files, by name. */
  readonly units: Readonly<Record<string, string>>;
  readonly lock: HostLock;
  /** Only says what would be done. */
  readonly check: boolean;
  readonly diff: boolean;
  /** Asks the operator, once all changes are known. Not called when there are none. */
  readonly confirm: (planned: { readonly hosts: number; readonly changes: number }) => boolean;
  readonly signal: AbortSignal;
}

/** What mending has come to, besides what the run's hosts say. */
export interface FleetFixing {
  /** Changes of each host that has some, made or due. */
  readonly changes: ReadonlyMap<string, readonly ChangeJson[]>;
  /** What turned out to be better left alone. */
  readonly left: readonly LeftFinding[];
  /** Whether the operator said no. */
  readonly declined: boolean;
}

/** The first host that fails ends it: what fails there may fail everywhere. */
const noFailure: HostCount = { unit: "hosts", value: 0 };
const stoppedText =
  "not touched, as mending another host has failed; --limit '!HOST' leaves that one out";

/**
 * Mends what was chosen: takes the lock of each host and looks again, plans on this machine, and
 * goes through the hosts one by one. What fails is told by the run's hosts; this throws only for
 * faults of ours and when the run is interrupted.
 */
export async function fixFleet(options: FixFleetOptions): Promise<FleetFixing> {
  const { run, check, signal } = options;
  const plans = await planAll(options);
  const found = [...plans].map(([host, plan]) => [host.name, fixChanges(plan)] as const);
  const changes = new Map(found.filter(([, { length }]) => length > 0));
  const outcome: FleetFixing = {
    changes,
    left: [...plans.values()].flatMap(({ left }) => left),
    declined: false,
  };
  for (const host of run.remaining) {
    if (check || !changes.has(host.name)) run.finish(host, "done");
  }
  if (run.remaining.length === 0) return outcome;
  const count = run.remaining.reduce((sum, { changed }) => sum + changed, 0);
  if (!options.confirm({ hosts: run.remaining.length, changes: count })) {
    run.skipRemaining("you said no");
    return { ...outcome, declined: true };
  }
  signal.throwIfAborted();
  // One at a time: what is wrong here may be wrong with the relay that all the others need.
  const batches = rollingBatches(run.remaining, [{ unit: "hosts", value: 1 }]);
  const { stopped } = await run.rolling(batches, noFailure, async (host) => {
    await mendHost(options, host, plans.get(host)!);
    run.finish(host, "done");
  });
  if (stopped) run.skipRemaining(stoppedText);
  return outcome;
}

/** Looks at all hosts with their locks, and says what is going to be done. */
async function planAll(options: FixFleetOptions): Promise<Map<HostRun, FixPlan>> {
  const { run, mends, lock, check, diff, signal } = options;
  const plans = new Map<HostRun, FixPlan>();
  await run.connectAll(async (host) => {
    run.emit({ type: "host_state", host: host.name, phase: "gathering" });
    const mine = mends.get(host.name) ?? [];
    const play = fixPlay(mine, deployPlay(options, host, mine));
    checkPlay(play);
    const facts = await gatherFacts(host.connection, play, {
      what: "look at what is to be mended",
      extras: [{ id: "health", script: programsHealthScript(host.host) }],
      ...{ diff, signal },
      ...!check && { lock },
    });
    const health = readProgramsHealth(host.host, facts.extras.get("health")?.stdout ?? "");
    const draining = drainingPrograms(health);
    const plan = planFixes({ mends: mine, play, facts, draining, options: { diff } });
    plans.set(host, plan);
    const changes = fixChanges(plan);
    host.changed = changes.length;
    for (const { resource, summary, differences, diff } of changes) {
      run.emit({
        ...{ type: "change", host: host.name, state: "planned", resource },
        summary: describeChange({ summary, differences }),
        ...diff !== undefined && { diff },
      });
    }
    run.emit({ type: "host_state", host: host.name, phase: "planned" });
  });
  return plans;
}

/** All that a deploy makes true of a host; files of TLS only where a remedy wants them. */
function deployPlay(
  { fleet, units, credentials }: FixFleetOptions,
  { host }: HostRun,
  mends: readonly Mend[],
): Play {
  const isCertified = mends.some(({ remedy }) => remedy.needsCredentials === true);
  return combinedPlay(hostPlays({
    ...{ fleet, host, units, release: undefined },
    credentials: isCertified ? credentials : undefined,
  }));
}

async function mendHost(
  options: FixFleetOptions,
  host: HostRun,
  { plan, restarts, awaits }: FixPlan,
): Promise<void> {
  const { run, work } = options;
  run.emit({ type: "host_state", host: host.name, phase: "applying" });
  if (!isEmpty(plan)) await work.apply(host, plan);
  for (const program of restarts) {
    await perform(work, host, [{ kind: "restart", program }]);
    run.emit({
      ...{ type: "change", host: host.name, state: "applied" },
      resource: handlerOf("restart", program),
      summary: restartSummary(program),
    });
  }
  await perform(
    work,
    host,
    awaits.map((program) => ({
      kind: "wait_ready",
      program,
      release: undefined,
      timeoutSeconds: host.host.readyTimeoutSeconds,
    })),
  );
  if (awaits.length > 0 || plan.handlers.length > 0) await settle(options, host);
}

/**
 * Waits until packets go through the host's tunnels again: the sweep that follows, and the next
 * host, are not to meet connectors that are about to come back. That they don't is no failure of
 * what was done.
 */
async function settle({ run, verifier, signal }: FixFleetOptions, host: HostRun): Promise<void> {
  const detail = "sending packets through the tunnel";
  run.emit({ type: "host_state", host: host.name, phase: "verifying", detail });
  try {
    await verifier.verifyHost(host.host);
  } catch (error) {
    if (signal.aborted || !(error instanceof ZtnaError)) throw error;
    run.emit({ type: "warning", host: host.name, text: error.message });
  }
}

/** Nobody's work is interrupted: what is restarted has had no peers to take. */
async function perform(work: HostWork, host: HostRun, steps: readonly HostStep[]): Promise<void> {
  await work.perform(host, steps, { isInterrupting: false, releaseBefore: null });
}
