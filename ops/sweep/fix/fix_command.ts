import { ConfigError } from "../../../tunnel/errors.ts";
import { checkout } from "../../checkout.ts";
import { type CommandContext, wouldChangeExitCode } from "../../command.ts";
import {
  type FleetCredentials,
  hasAuthority,
  readCredentials,
  storedAuthority,
} from "../../fleet/credentials.ts";
import { connectorsOf, type Fleet } from "../../fleet/fleet.ts";
import { HostWork } from "../../fleet/host_work.ts";
import { readUnits } from "../../fleet/units.ts";
import { type FleetCommand, runFleetCommand } from "../../fleet_command.ts";
import type { ChangeValues } from "../../hosts_command.ts";
import { changesText } from "../../terminal/changes_text.ts";
import { counted } from "../../terminal/quantities.ts";
import type { ReportedSweep } from "../report/reported_sweep.ts";
import { sweepExitCode } from "../sweep_result.ts";
import { reportWriter, sweepOnce, type SweepValues, type TakenSweep } from "../sweep_command.ts";
import { chooseFixes, type FixChoice } from "./choose_fixes.ts";
import type { FixView } from "./fix.ts";
import { fixFleet, type FleetFixing } from "./fix_fleet.ts";
import { type FixedFinding, fixedFindings, type FixedHost } from "./fix_report.ts";

/** What the command line says. */
export interface FixValues extends SweepValues {
  readonly change: ChangeValues;
}

/** What a run that mends has come to. */
interface Mending {
  readonly fixing: FleetFixing | undefined;
  readonly hosts: ReadonlyMap<string, FixedHost>;
}

/** How hosts' journals and locks call it. */
const commandName = "sweep --fix";

const nothingMended: Mending = { fixing: undefined, hosts: new Map() };

/**
 * `sweep --fix`: sweeps, mends what can be mended, and sweeps again. What is reported is the last
 * sweep, with what has become of each finding that has a fix.
 *
 * @throws {ConfigError} when nobody is there to be asked, and nothing says that nobody need be.
 */
export async function fixCommand(context: CommandContext, values: FixValues): Promise<number> {
  refuseUnasked(values);
  const { check = false } = values.change;
  const writer = reportWriter(context, values);
  const before = await take(context, values);
  const choice = chooseFixes(before.result.findings, viewsOf(before));
  const mending = choice.mends.size === 0
    ? nothingMended
    : await mend(context, values, choice, before);
  // The file of events is that of the run which mends, when there is one.
  const last = isTouched(mending) && !check
    ? await take(context, { ...values, events: undefined })
    : before;
  const fixes = fixedFindings({
    ...{ choice, check, ...mending },
    after: last === before ? undefined : last.result.findings,
  });
  const exitCode = await writer.write({ ...last.reported, fixes });
  if (mending.fixing?.declined) return 1;
  return wouldMend(fixes) ? wouldChangeExitCode : exitCode;
}

/** Takes a sweep, and shows nothing of it yet. */
async function take(
  context: CommandContext,
  values: FixValues,
): Promise<TakenSweep & { readonly reported: ReportedSweep }> {
  let taken: Awaited<ReturnType<typeof take>> | undefined;
  await sweepOnce(context, values, (reported, sweep) => {
    taken = { ...sweep, reported };
    return Promise.resolve(sweepExitCode(sweep.result));
  });
  return taken!;
}

/** Whether something may be different now. */
function isTouched({ fixing, hosts }: Mending): boolean {
  return [...fixing?.changes.keys() ?? []].some((host) => {
    const outcome = hosts.get(host)?.outcome;
    return outcome !== undefined && outcome !== "skipped";
  });
}

function wouldMend(fixes: readonly FixedFinding[]): boolean {
  return fixes.some(({ result }) => result === "would be mended");
}

/** Hosts as fixes see them. */
function viewsOf({ answers, fleet, paths }: TakenSweep): Map<string, FixView> {
  const authority = storedAuthority(paths);
  const canIssue = hasAuthority(paths);
  return new Map(fleet.hosts.flatMap((host) => {
    const facts = answers.get(host.name)?.facts;
    return facts === undefined ? [] : [[host.name, { host, facts, authority, canIssue }] as const];
  }));
}

/** A run of its own on the hosts with something to mend: it is this that the audit tells of. */
async function mend(
  context: CommandContext,
  values: FixValues,
  { mends }: FixChoice,
  { answers }: TakenSweep,
): Promise<Mending> {
  let mending = nothingMended;
  const { change } = values;
  const { check = false, diff = false } = change;
  const only = new Set(mends.keys());
  const options = { command: "sweep", argv: Deno.args, values, change, only, probe: values.probe };
  await runFleetCommand(context, options, async (command) => {
    const { fleet, run, verifier, operator, emit, lock, signal } = command;
    emit({ type: "step", text: "Mend what can be mended" });
    command.begin(null);
    const work = new HostWork({ run, verifier, operator, command: commandName, signal });
    for (const { name } of fleet.hosts) {
      verifier.noteRegistered(name, reachableServices(fleet, name, answers));
    }
    const credentials = await credentialsFor(command, mends, check);
    for (const text of credentials?.changes ?? []) emit({ type: "note", text });
    const fixing = await fixFleet({
      ...{ fleet, run, work, verifier, mends, credentials, units: readUnits(checkout) },
      ...{ check, diff, signal },
      lock: { ...lock, command: commandName },
      confirm: (planned) => confirmed(context, command, values, planned),
    });
    if (check && diff && !values.json) showChanges(context, command, diff);
    mending = { fixing, hosts: new Map(run.hosts.map((host) => [host.name, host])) };
    return run.exitCode;
  });
  return mending;
}

/** Services of a relay with a connector that runs: it is going to be there, or comes back. */
function reachableServices(
  fleet: Fleet,
  relay: string,
  answers: TakenSweep["answers"],
): string[] {
  return connectorsOf(fleet, relay)
    .filter(({ name }) => answers.get(name)?.facts.programs?.connector?.active === true)
    .flatMap(({ connector }) => connector!.services.map(({ id }) => id));
}

/** Certificates of the hosts that need some; those of others stay as they are. */
async function credentialsFor(
  { fleet, paths }: FleetCommand,
  mends: FixChoice["mends"],
  check: boolean,
): Promise<FleetCredentials | undefined> {
  const only = new Set(
    [...mends].filter(([, mine]) => mine.some(({ remedy }) => remedy.needsCredentials))
      .map(([host]) => host),
  );
  if (only.size === 0) return undefined;
  return await readCredentials({ fleet, paths, check, only, now: Date.now() });
}

/** Shows what is about to be done and asks, unless that was answered on the command line. */
function confirmed(
  context: CommandContext,
  command: FleetCommand,
  { change: { diff = false, yes = false }, json = false }: FixValues,
  { hosts, changes }: { readonly hosts: number; readonly changes: number },
): boolean {
  if (!json && (diff || !yes)) showChanges(context, command, diff);
  if (yes) return true;
  return globalThis.confirm(`Make ${counted(changes, "change")} on ${counted(hosts, "host")}?`);
}

function showChanges(
  { report, screen }: CommandContext,
  { progress }: FleetCommand,
  diff: boolean,
): void {
  screen.endLive();
  const text = changesText(progress, { color: report.color, diff });
  if (text !== "") report.result(`${text}\n`);
}

/** Whoever wants JSON reads it by a program, which can't answer. */
function refuseUnasked({ change: { check, yes }, json }: FixValues): void {
  if (check === true || yes === true) return;
  if (json !== true && Deno.stdin.isTerminal()) return;
  throw new ConfigError(
    'Cannot use "--fix" as it asks before it changes anything, and nobody is there to answer: ' +
      'add "--yes" to go on without asking, or "--check" to see what it would do',
  );
}
