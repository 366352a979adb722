import { ZtnaError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { HostError, UnreachableError } from "../engine/errors.ts";
import { storedAuthority, storedCredentials } from "../fleet/credentials.ts";
import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import type { FleetPaths } from "../fleet/fleet_paths.ts";
import type { FleetRun } from "../fleet/fleet_run.ts";
import type { HostRun } from "../fleet/host_run.ts";
import type { HostView } from "./check.ts";
import { sweepPlay } from "./drift.ts";
import {
  evaluateFleet,
  evaluateHost,
  inHostOrder,
  unreachableFinding,
  unreadableFindings,
  withInventory,
} from "./evaluate.ts";
import type { KeptFacts } from "./facts/fact_sources.ts";
import type { Finding } from "./finding.ts";
import { gatherHost, type HostAnswer } from "./gather_host.ts";
import { partialChecks } from "./partial_checks.ts";
import { silenceFindings } from "./silence_findings.ts";
import type { SweepResult } from "./sweep_result.ts";
import { TimeLimit } from "./time_limit.ts";
import { lookAtTunnels } from "./tunnels/look_at_tunnels.ts";
import type { TunnelLook } from "./tunnels/tunnel_look.ts";
import { auditedRelease, prevailingRelease, wantedRelease } from "./wanted_release.ts";

/** What a sweep works with. */
export interface SweepFleetOptions {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  readonly run: FleetRun;
  /** The inventory's sources, for the commands that findings advise. */
  readonly inventory: readonly string[];
  /** Texts of the unit files, by name. */
  readonly units: Readonly<Record<string, string>>;
  /** What hosts told at the sweep before, by name. */
  readonly before: ReadonlyMap<string, { readonly facts: KeptFacts; readonly askedMs: number }>;
  /** The release that hosts should have; see {@linkcode wantedRelease} for what is the default. */
  readonly release: string | undefined;
  /** Whether packets are sent through the tunnels. */
  readonly probe: boolean;
  /** The host that sends them; by default this machine does. */
  readonly probeFrom?: FleetHost | undefined;
  /** The whole sweep's time, in ms. */
  readonly timeoutMs: number;
  /** Most of it that one host gets, connecting included, in ms. */
  readonly hostTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** A sweep with what the next one compares with. */
export interface FleetSweep {
  readonly result: SweepResult;
  readonly answers: ReadonlyMap<string, HostAnswer>;
  /** IDs of checks that were not made in full: what they have not found may still be there. */
  readonly partialChecks: ReadonlySet<string>;
}

/**
 * Most that connections take to end which are given up, in ms, and the part of it that hosts get to
 * end their scripts; then ssh is asked to end, and killed a second later.
 */
const maxClosingMs = 2000;
const endGracePart = 1 / 4;

/** How much of a sweep's time is for ending connections, in ms. */
function closingMsOf({ timeoutMs }: SweepFleetOptions): number {
  return Math.min(maxClosingMs, timeoutMs / 2);
}

/**
 * Looks at all hosts at once, and says how they are. Changes nothing. What is wrong with a host is a
 * finding; this throws only for faults of ours and when it is interrupted.
 */
export async function sweepFleet(options: SweepFleetOptions): Promise<FleetSweep> {
  const { fleet, paths, run, timeoutMs } = options;
  const startedMs = Date.now();
  const askingMs = timeoutMs - closingMsOf(options);
  using limit = new TimeLimit(askingMs, () => new Error("There was no time left in this sweep"));
  const [answers, tunnels] = await Promise.all([
    askAll(options, startedMs + askingMs),
    options.probe ? look(options, limit.signal) : undefined,
  ]);
  const views = viewsOf(options, answers);
  const findings = [
    ...run.hosts.flatMap((host) =>
      findingsOf(host, views.get(host.name), answers.get(host.name)?.unreadable)
    ),
    ...evaluateFleet({
      ...{ fleet, hosts: views, tunnels, nowMs: Date.now() },
      hasCredentials: storedAuthority(paths) !== undefined,
    }),
  ];
  const hosts = run.hosts.map(({ name }) => name);
  const ordered = inHostOrder(findings, fleet.hosts.map(({ name }) => name))
    .map((finding) => withInventory(finding, options.inventory));
  return {
    answers,
    partialChecks: partialChecks(ordered, tunnels),
    result: {
      ...{ fleet: fleet.name, startedMs, hosts },
      durationMs: Date.now() - startedMs,
      findings: silenceFindings(ordered, fleet, Date.now()),
    },
  };
}

function look(
  { fleet, paths, run, probeFrom, signal }: SweepFleetOptions,
  limit: AbortSignal,
): Promise<TunnelLook> {
  return lookAtTunnels({
    ...{ fleet, paths, limit, signal },
    ...probeFrom && { probeFrom: (end: AbortSignal) => run.connect(probeFrom, end) },
  });
}

/** What is known of each host that has answered. */
function viewsOf(
  { fleet, paths, run, release, before }: SweepFleetOptions,
  answers: ReadonlyMap<string, HostAnswer>,
): Map<string, HostView> {
  const authority = storedAuthority(paths);
  const wanted = wantedRelease({
    given: release,
    audited: auditedRelease(paths.auditFile, fleet.hosts.map(({ name }) => name)),
    prevailing: prevailingRelease(
      [...answers.values()].flatMap(({ facts: { releases } }) =>
        releases === undefined || releases.current === null
          ? []
          : [{ release: releases.current, timeMs: releases.switchedMs ?? 0 }]
      ),
    ),
  });
  return new Map(run.hosts.flatMap(({ name, host }) => {
    const answer = answers.get(name);
    if (answer === undefined) return [];
    const { facts, drift, askedMs, receivedMs } = answer;
    return [[name, {
      ...{ fleet, host, facts, drift, askedMs, receivedMs, authority },
      wantedRelease: wanted,
      before: before.get(name)?.facts,
    }]];
  }));
}

/** Asks every host, each in its own time and all within that of the sweep. */
async function askAll(
  options: SweepFleetOptions,
  deadlineMs: number,
): Promise<Map<string, HostAnswer>> {
  const { run, hostTimeoutMs } = options;
  const answers = new Map<string, HostAnswer>();
  const leaving: Promise<void>[] = [];
  const limits = new Map<HostRun, TimeLimit>();
  const limitOf = (host: HostRun): AbortSignal => {
    const leftMs = deadlineMs - Date.now();
    const ms = Math.min(hostTimeoutMs, leftMs);
    const limit = new TimeLimit(ms, () => tooSlow(host.name, ms, leftMs));
    limits.set(host, limit);
    return AbortSignal.any([limit.signal, options.signal]);
  };
  await run.connectAll(async (host) => {
    try {
      const signal = AbortSignal.any([limits.get(host)!.signal, options.signal]);
      answers.set(host.name, await askHost(options, host, signal));
      run.finish(host, "done");
    } finally {
      limits.get(host)?.[Symbol.dispose]();
      // Goodbyes are not waited for here: the next host's turn has come.
      leaving.push(host.disconnect());
    }
  }, limitOf).finally(() => limits.forEach((limit) => limit[Symbol.dispose]()));
  await Promise.all(leaving);
  return answers;
}

function tooSlow(host: string, ms: number, leftMs: number): UnreachableError {
  if (leftMs <= 0) {
    return new UnreachableError(
      host,
      "network",
      `Cannot ask ${quote(host)} as the sweep's time was over before its turn; give it more with ` +
        `--timeout or --forks`,
    );
  }
  return new UnreachableError(
    host,
    "network",
    `Cannot wait longer for ${quote(host)} as it must answer within ${(ms / 1000).toFixed(1)} s; ` +
      `check that it is up and not frozen, or give it more with --host-timeout`,
  );
}

/** A fault of ours, or of this machine's files, is that host's alone: the others are asked. */
async function askHost(
  options: SweepFleetOptions,
  host: HostRun,
  signal: AbortSignal,
): Promise<HostAnswer> {
  try {
    return await ask(options, host, signal);
  } catch (error) {
    if (error instanceof ZtnaError || options.signal.aborted) throw error;
    throw new HostError(host.name, `Cannot ask ${quote(host.name)}: ${error}`, { cause: error });
  }
}

async function ask(
  options: SweepFleetOptions,
  { name, host, connection }: HostRun,
  signal: AbortSignal,
): Promise<HostAnswer> {
  const { run, before, fleet, paths, units } = options;
  run.emit({ type: "host_state", host: name, phase: "gathering" });
  const clock = before.get(name)?.facts.clock;
  const question = {
    host,
    sinceSeconds: clock === undefined ? undefined : Math.floor(clock.nowMs / 1000),
  };
  const play = sweepPlay({ fleet, host, units, credentials: storedCredentials(paths, host) });
  const endGraceMs = closingMsOf(options) * endGracePart;
  return await gatherHost(connection, { question, play, signal, endGraceMs });
}

function findingsOf(
  { name, outcome, error = "did not answer" }: HostRun,
  view: HostView | undefined,
  unreadable: readonly string[] = [],
): Finding[] {
  if (view !== undefined) return evaluateHost(view, unreadable);
  return outcome === "unreachable"
    ? [unreachableFinding(name, error)]
    : unreadableFindings(name, error);
}
