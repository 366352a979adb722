import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import type { HostLock } from "../engine/connection/host_lock.ts";
import { HostError } from "../engine/errors.ts";
import { type ChangeJson, changeJson, describeChange } from "../engine/resource/change.ts";
import { checkPlay } from "../engine/resource/check_play.ts";
import type { Plan } from "../engine/resource/plan.ts";
import { selectResources, type TagSelection, tagsOf } from "../engine/resource/select_resources.ts";
import { exceedsMaxFail, type HostCount, type Serial } from "../engine/run/batches.ts";
import { isCurrentScript, switchScript } from "../release/activation.ts";
import { platformOf } from "../release/platform.ts";
import type { Release } from "../release/release.ts";
import { isThere } from "../release/release_facts.ts";
import { requireSpace } from "../release/space_needed.ts";
import type { FleetCredentials } from "./credentials.ts";
import { combinedPlay, countChanges, type HostPlan, isEmpty, planHost } from "./deploy_plan.ts";
import type { Fleet, ProgramName } from "./fleet.ts";
import type { FleetRun } from "./fleet_run.ts";
import { type HostPlays, hostPlays, releaseIdPrefix } from "./host_plays.ts";
import type { HostRun } from "./host_run.ts";
import type { HostWork } from "./host_work.ts";
import { checkHost } from "./preflight.ts";
import { drainingPrograms, isHealthy, mainPidsOf, registeredServices } from "./programs_health.ts";
import { rollingBatches } from "./rolling_batches.ts";
import { deploySteps } from "./steps.ts";
import { type Survey, surveyHost } from "./survey.ts";
import type { TunnelVerifier } from "./tunnel_verifier.ts";

/** What a deploy works with. */
export interface DeployFleetOptions {
  readonly fleet: Fleet;
  readonly run: FleetRun;
  readonly release: Release;
  readonly credentials: FleetCredentials;
  /** Texts of the unit files, by name. */
  readonly units: Readonly<Record<string, string>>;
  readonly tags: TagSelection;
  readonly serial: Serial | undefined;
  readonly maxFail: HostCount;
  /** Overrides the hosts' own; in seconds. */
  readonly drainTimeoutSeconds?: number | undefined;
  /** Only says what would change. */
  readonly check: boolean;
  /** Shows how files change. */
  readonly diff: boolean;
  readonly lock: HostLock;
  readonly verifier: TunnelVerifier;
  readonly work: HostWork;
  readonly signal: AbortSignal;
  /** Asks whether to go on, when there is anything to change. */
  readonly confirm: (changes: PlannedChanges) => Promise<boolean>;
}

/** What is about to change. */
export interface PlannedChanges {
  readonly release: string;
  /** Hosts with changes, and how many of those in all. */
  readonly hosts: number;
  readonly changes: number;
}

/** What a deploy has come to, besides what the run's hosts say. */
export interface FleetDeployment {
  /** The changes of each host, made or due. */
  readonly changes: ReadonlyMap<string, readonly ChangeJson[]>;
  /** Whether the operator said no. */
  readonly declined: boolean;
}

/** A host's part of a deploy. */
interface Part {
  readonly run: HostRun;
  readonly survey: Survey;
  readonly plan: HostPlan;
  /** Whether the release has to be brought there. */
  readonly needsUpload: boolean;
  /** Programs that an earlier run left draining, and that the plan does not restart. */
  readonly stillDraining: readonly ProgramName[];
}

/**
 * Makes a fleet run a release: surveys all hosts, plans on this machine, prepares all hosts at
 * once, and goes through them batch by batch. A host that does not come up healthy gets back what
 * it had, and the run stops.
 *
 * What fails is told by the run's hosts; this throws only when nothing was touched, or when the run
 * is interrupted.
 *
 * @throws {ConfigError} for tags that no resource has.
 */
export async function deployFleet(options: DeployFleetOptions): Promise<FleetDeployment> {
  const { run, release, check, maxFail, signal } = options;
  const parts = await surveyAndPlan(options);
  const changes = new Map(parts.map((part) => [part.run.name, changesOf(part, release)]));
  const outcome = { changes, declined: false };
  // Nothing has been touched: whoever can't take part keeps the others from it only beyond the limit.
  if (exceedsMaxFail(run.failed.length, run.hosts.length, maxFail)) {
    run.skipRemaining("nothing was changed, as other hosts can't be deployed to");
    return outcome;
  }
  if (check) {
    for (const { run: host } of parts) run.finish(host, "done");
    return outcome;
  }
  const changed = parts.filter(hasChanges);
  if (changed.length > 0) {
    const agreed = await options.confirm({
      release: release.id,
      hosts: changed.length,
      changes: changed.reduce((sum, { run: host }) => sum + host.changed, 0),
    });
    signal.throwIfAborted();
    if (!agreed) {
      run.skipRemaining("you said no");
      return { ...outcome, declined: true };
    }
  }
  await prepareAll(options, parts);
  if (exceedsMaxFail(run.failed.length, run.hosts.length, maxFail)) {
    run.skipRemaining("no program was touched, as other hosts could not be prepared");
    return outcome;
  }
  await activateAll(options, parts.filter(({ run: host }) => host.outcome === undefined));
  return outcome;
}

async function surveyAndPlan(options: DeployFleetOptions): Promise<Part[]> {
  const { run, release, diff, lock, check, signal, verifier } = options;
  const parts = new Map<HostRun, Part>();
  const plays = new Map(run.hosts.map((host) => [host, selectedPlays(options, host)]));
  refuseUnknownTags(options);
  await run.connectAll(async (host) => {
    const mine = plays.get(host)!;
    const play = combinedPlay(mine);
    run.emit({ type: "host_state", host: host.name, phase: "gathering" });
    const survey = await surveyHost(host.connection, {
      host: host.host,
      play,
      release,
      diff,
      signal,
      ...!check && { lock },
    });
    host.releaseBefore = host.releaseAfter = survey.releases.current ?? null;
    if (host.host.relay) verifier.noteRegistered(host.name, registeredServices(survey.health));
    const wantsRelease = play.resources.some(({ id }) => id.startsWith(releaseIdPrefix));
    const plan = planHost(host.host, mine, survey.facts, { diff });
    const needsUpload = wantsRelease &&
      !(isThere(release.archive, survey.releases) && isThere(release.runtime, survey.releases));
    preflight(options, host, survey, plan, needsUpload);
    const stillDraining = drainingPrograms(survey.health).filter((program) =>
      !plan.restarts.includes(program)
    );
    const part = { run: host, survey, plan, needsUpload, stillDraining };
    parts.set(host, part);
    host.changed = changesOf(part, release).length ||
      countChanges(plan.prepare) + countChanges(plan.activate);
    tellPlan(run, host, part, release);
    run.emit({ type: "host_state", host: host.name, phase: "planned" });
  });
  return run.remaining.map((host) => parts.get(host)!);
}

function selectedPlays(options: DeployFleetOptions, { host }: HostRun): HostPlays {
  const { fleet, credentials, units, release, tags } = options;
  const plays = hostPlays({
    ...{ fleet, host, credentials, units },
    release: {
      id: release.id,
      unless: isCurrentScript(release.id),
      switchTo: switchScript(release.id),
    },
  });
  const selected = {
    prepare: selectResources(plays.prepare, tags),
    activate: selectResources(plays.activate, tags),
  };
  checkPlay(combinedPlay(selected));
  return selected;
}

function refuseUnknownTags(
  { fleet, run, credentials, units, release, tags }: DeployFleetOptions,
): void {
  const wanted = [...tags.tags ?? [], ...tags.skipTags ?? []];
  if (wanted.length === 0) return;
  const known = new Set(run.hosts.flatMap(({ host }) =>
    tagsOf(combinedPlay(hostPlays({
      ...{ fleet, host, credentials, units },
      release: { id: release.id, unless: "", switchTo: "" },
    })))
  ));
  const unknown = wanted.filter((tag) => !known.has(tag));
  if (unknown.length === 0) return;
  throw new ConfigError(
    `Cannot deploy as no resource has the tag ${unknown.map((tag) => quote(tag)).join(" or ")}: ` +
      `tags are ${[...known].toSorted().join(", ")}`,
  );
}

/** Refuses a host before anything on it is touched. */
function preflight(
  { run, release }: DeployFleetOptions,
  host: HostRun,
  survey: Survey,
  plan: HostPlan,
  needsUpload: boolean,
): void {
  platformOf(host.name, survey.platform);
  const { problems, warnings } = checkHost({
    host: host.host,
    facts: survey.preflight,
    mainPids: mainPidsOf(survey.health),
    receivedMs: survey.receivedMs,
  });
  const notes = [plan.prepare, plan.activate].flatMap((part) => part.warnings);
  for (const text of [...warnings, ...notes.map((note) => note.text)]) {
    run.emit({ type: "warning", host: host.name, text });
  }
  const conflicts = [...plan.prepare.conflicts, ...plan.activate.conflicts].map(({ text }) => text);
  const all = [...problems, ...conflicts];
  if (all.length > 0) throw new HostError(host.name, all.join("\n"));
  if (needsUpload) requireSpace(host.name, release, survey.releases, survey.platform);
}

/** The changes of a host as its events and the JSON output have them. */
function changesOf(
  { plan, needsUpload, stillDraining }: Pick<Part, "plan" | "needsUpload" | "stillDraining">,
  release: Release,
): ChangeJson[] {
  const other = (change: { resource: string; summary: string }): ChangeJson => ({
    ...change,
    kind: "command",
    differences: [],
    notify: [],
  });
  return [
    ...plan.prepare.changes.map(changeJson),
    ...needsUpload ? [other(uploadChange(release))] : [],
    ...plan.activate.changes.map(changeJson),
    ...stillDraining.map((program) => other(restartChange(program))),
  ];
}

function restartChange(program: ProgramName): { resource: string; summary: string } {
  const summary = `restart the ${program}, which an earlier run left draining`;
  return { resource: `restart:${program}`, summary };
}

function uploadChange(release: Release): { resource: string; summary: string } {
  return { resource: `upload:${release.id}`, summary: `upload release ${release.id}` };
}

function tellPlan(run: FleetRun, host: HostRun, part: Part, release: Release): void {
  const planned = { type: "change", host: host.name, state: "planned" } as const;
  const tell = (plan: Plan): void => {
    for (const change of plan.changes) {
      const { resource, diff } = change;
      const summary = describeChange(change);
      run.emit({ ...planned, resource, summary, ...diff !== undefined && { diff } });
    }
    if (plan.changes.length > 0) return;
    for (const { id, summary } of plan.handlers) {
      run.emit({
        ...planned,
        resource: id,
        summary: `${summary}, which an earlier run left undone`,
      });
    }
  };
  tell(part.plan.prepare);
  if (part.needsUpload) run.emit({ ...planned, ...uploadChange(release) });
  tell(part.plan.activate);
  for (const program of part.stillDraining) run.emit({ ...planned, ...restartChange(program) });
}

function hasChanges({ plan, needsUpload, stillDraining }: Part): boolean {
  return needsUpload || stillDraining.length > 0 || !isEmpty(plan.prepare) ||
    !isEmpty(plan.activate);
}

/** Everything that changes nothing that runs, on all hosts at once. */
async function prepareAll(options: DeployFleetOptions, parts: readonly Part[]): Promise<void> {
  const { run, release, work } = options;
  const byRun = new Map(parts.map((part) => [part.run, part]));
  await run.forEach(run.remaining, async (host) => {
    const { plan, survey, needsUpload } = byRun.get(host)!;
    if (!isEmpty(plan.prepare)) {
      run.emit({ type: "host_state", host: host.name, phase: "applying" });
      await work.apply(host, plan.prepare);
    }
    if (needsUpload) await work.upload(host, release, survey.releases);
    run.emit({ type: "host_state", host: host.name, phase: "waiting", detail: "for its batch" });
  });
}

/**
 * Programs, batch by batch. Hosts on which nothing changes are only asked how they are, and are done
 * when their tunnels have proved good after all changes.
 */
async function activateAll(options: DeployFleetOptions, parts: readonly Part[]): Promise<void> {
  const { run, release, serial, maxFail, drainTimeoutSeconds, work, verifier } = options;
  const byRun = new Map(parts.map((part) => [part.run, part]));
  const stepsOf = (host: HostRun): ReturnType<typeof deploySteps> => {
    const { plan, survey, stillDraining } = byRun.get(host)!;
    return deploySteps(host.host, release.id, {
      hasChanges: !isEmpty(plan.activate),
      restarts: plan.restarts,
      stillDraining,
      isUnconfirmed: survey.snapshot !== undefined,
      isHealthy: isHealthy(host.host, survey.health, release.id),
    }, drainTimeoutSeconds);
  };
  const perform = async (host: HostRun): Promise<void> => {
    const { plan, survey: { snapshot }, stillDraining } = byRun.get(host)!;
    await work.perform(host, stepsOf(host), {
      plan,
      isInterrupting: plan.restarts.length + stillDraining.length > 0,
      isUnconfirmed: snapshot !== undefined,
      releaseBefore: snapshot?.release === undefined ? host.releaseBefore : snapshot.release,
    });
    if (host.outcome === undefined && switchesRelease(plan)) host.releaseAfter = release.id;
  };
  const hosts = parts.map(({ run: host }) => host);
  const isQuiet = (host: HostRun): boolean =>
    stepsOf(host).every(({ kind }) => kind === "wait_ready");
  const touched = new Set(hosts.filter((host) => !isQuiet(host)).map(({ name }) => name));
  // A connector whose relay is about to change may be waiting for just that: it has its batch.
  const waitsForRelay = (host: HostRun): boolean =>
    stepsOf(host).length > 0 && touched.has(host.host.connector?.relay ?? "");
  const quiet = hosts.filter((host) => isQuiet(host) && !waitsForRelay(host));
  const finishQuiet = (): void => {
    for (const host of quiet) run.finish(host, "done");
  };
  await run.forEach(quiet, perform);
  if (exceedsMaxFail(quiet.filter(({ hasFailed }) => hasFailed).length, quiet.length, maxFail)) {
    finishQuiet();
    return run.skipRemaining("not touched, as other hosts are not healthy");
  }
  const batches = rollingBatches(run.remaining.filter((host) => !quiet.includes(host)), serial);
  const { stopped } = await run.rolling(batches, maxFail, async (host) => {
    await perform(host);
    run.finish(host, "done");
  });
  if (!stopped) await run.forEach(quiet, ({ host }) => verifier.verifyUnchanged(host));
  finishQuiet();
  if (stopped) run.skipRemaining("not touched, as the run stopped before its batch");
}

function switchesRelease({ activate }: HostPlan): boolean {
  return activate.changes.some(({ resource }) => resource.startsWith(releaseIdPrefix));
}
