import { HostError } from "../engine/errors.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { FleetRun } from "../fleet/fleet_run.ts";
import type { HostRun } from "../fleet/host_run.ts";
import type { KeptFacts } from "./facts/fact_sources.ts";
import { evaluateHost, unreachableFinding } from "./evaluate.ts";
import type { Finding } from "./finding.ts";
import { gatherHost, type HostAnswer } from "./gather_host.ts";
import type { SweepResult } from "./sweep_result.ts";

/** What a sweep works with. */
export interface SweepFleetOptions {
  readonly fleet: Fleet;
  readonly run: FleetRun;
  /** What hosts told at the sweep before, by name. */
  readonly before: ReadonlyMap<string, { readonly facts: KeptFacts; readonly askedMs: number }>;
  readonly wantedRelease: string | undefined;
  /** The whole sweep's time, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A sweep with what the next one compares with. */
export interface FleetSweep {
  readonly result: SweepResult;
  readonly answers: ReadonlyMap<string, HostAnswer>;
}

/**
 * Looks at all hosts at once, and says how they are. Changes nothing. What is wrong with a host is a
 * finding; this throws only for faults of ours and when it is interrupted.
 */
export async function sweepFleet(options: SweepFleetOptions): Promise<FleetSweep> {
  const { fleet, run, timeoutMs } = options;
  const startedMs = Date.now();
  const answers = new Map<string, HostAnswer>();
  await run.connectAll(async (host) => {
    answers.set(host.name, await askHost(options, host, startedMs + timeoutMs));
    run.finish(host, "done");
    await host.disconnect();
  });
  const findings = run.hosts.flatMap((host) => findingsOf(options, host, answers.get(host.name)));
  return {
    answers,
    result: {
      fleet: fleet.name,
      startedMs,
      durationMs: Date.now() - startedMs,
      hosts: run.hosts.map(({ name }) => name),
      findings,
    },
  };
}

async function askHost(
  { run, before, signal }: SweepFleetOptions,
  host: HostRun,
  deadlineMs: number,
): Promise<HostAnswer> {
  const timeoutMs = deadlineMs - Date.now();
  if (timeoutMs <= 0) {
    throw new HostError(
      host.name,
      "Not asked as the sweep's time was over before its turn; give it more with --timeout or --forks",
    );
  }
  run.emit({ type: "host_state", host: host.name, phase: "gathering" });
  const clock = before.get(host.name)?.facts.clock;
  const question = {
    host: host.host,
    sinceSeconds: clock === undefined ? undefined : Math.floor(clock.nowMs / 1000),
  };
  const play = { resources: [], handlers: [] };
  return await gatherHost(host.connection, { question, play, timeoutMs, signal });
}

function findingsOf(
  { fleet, before, wantedRelease }: SweepFleetOptions,
  { host, error = "did not answer" }: HostRun,
  answer: HostAnswer | undefined,
): Finding[] {
  if (answer === undefined) return [unreachableFinding(host.name, error)];
  const { facts, unreadable, askedMs, receivedMs } = answer;
  const view = {
    ...{ fleet, host, facts, askedMs, receivedMs, wantedRelease },
    before: before.get(host.name)?.facts,
  };
  return evaluateHost(view, unreadable);
}
