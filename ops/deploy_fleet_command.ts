import { checkout } from "./checkout.ts";
import { type CommandContext, wouldChangeExitCode } from "./command.ts";
import type { TagSelection } from "./engine/resource/select_resources.ts";
import type { HostCount, Serial } from "./engine/run/batches.ts";
import { readCredentials } from "./fleet/credentials.ts";
import { deployFleet, type PlannedChanges } from "./fleet/deploy_fleet.ts";
import { deployJson } from "./fleet/deploy_json.ts";
import { readUnits } from "./fleet/units.ts";
import { type FleetCommand, runFleetCommand } from "./fleet_command.ts";
import type { ChangeValues, HostsCommandValues } from "./hosts_command.ts";
import { buildRelease } from "./release/build/build_release.ts";
import { changesText } from "./terminal/changes_text.ts";
import { interruptionText } from "./terminal/interruption_text.ts";
import { counted } from "./terminal/quantities.ts";
import { summaryText } from "./terminal/summary.ts";

/** What the command line says about deploying a fleet. */
export interface DeployFleetValues {
  readonly common: HostsCommandValues;
  readonly change: ChangeValues;
  readonly tags: TagSelection;
  readonly serial: Serial | undefined;
  readonly maxFail: HostCount;
  readonly drainTimeoutSeconds: number | undefined;
  readonly probe: boolean;
}

/** `deploy` with an inventory: brings its hosts to the checkout's release. */
export async function deployFleetCommand(
  context: CommandContext,
  argv: readonly string[],
  values: DeployFleetValues,
  schema: number,
): Promise<number> {
  const { common, change, probe } = values;
  const options = { command: "deploy", argv, values: common, change, probe };
  return await runFleetCommand(context, options, async (command) => {
    const { fleet, paths, run, progress, emit, signal, work, verifier, lock } = command;
    const { check = false, diff = false } = change;
    emit({ type: "step", text: "Build the release" });
    const fetching = new Set<string>();
    const release = await buildRelease({
      checkout,
      platform: "linux-x64",
      signal,
      onProgress: (name) => {
        if (fetching.has(name)) return;
        fetching.add(name);
        emit({ type: "note", text: `fetch ${name} from the npm registry` });
      },
    });
    const credentials = await readCredentials({ fleet, paths, check, now: Date.now() });
    for (const text of credentials.changes) emit({ type: "note", text });
    command.begin(release.id);
    const { changes, declined } = await deployFleet({
      ...{ fleet, run, release, credentials, units: readUnits(checkout), check, diff },
      ...{ tags: values.tags, serial: values.serial, maxFail: values.maxFail },
      ...{ drainTimeoutSeconds: values.drainTimeoutSeconds, lock, verifier, work, signal },
      confirm: (planned) => confirm(context, command, values, planned),
    });
    const { report, screen } = context;
    const about = { check, fleet: fleet.name, release: release.id };
    if (common.json) report.json({ schema, ...deployJson(run, work, about, changes) });
    else {
      const format = { color: report.color };
      screen.endLive();
      if (check && run.failed.length === 0) {
        const text = changesText(progress, { ...format, diff });
        report.result(
          text === ""
            ? `Nothing to change: ${counted(run.hosts.length, "host")} run ${release.id}`
            : text,
        );
      } else {
        const noticed = interruptionText(work.interruptions, format);
        report.result([summaryText(progress, format), noticed].filter(Boolean).join("\n\n"));
      }
    }
    if (declined) return 1;
    const wouldChange = check && run.hosts.some((host) => host.changed > 0);
    return run.exitCode === 0 && wouldChange ? wouldChangeExitCode : run.exitCode;
  });
}

/** Shows what is about to change and asks, where somebody is there to answer. */
function confirm(
  { report, screen }: CommandContext,
  { progress }: FleetCommand,
  { change, common }: DeployFleetValues,
  { release, hosts, changes }: PlannedChanges,
): Promise<boolean> {
  const isAsked = change.yes !== true && common.json !== true && Deno.stdin.isTerminal();
  if (change.diff === true || isAsked) {
    screen.endLive();
    report.result(changesText(progress, { color: report.color, diff: change.diff ?? false }));
  }
  if (!isAsked) return Promise.resolve(true);
  const what = `${counted(changes, "change")} on ${counted(hosts, "host")}`;
  return Promise.resolve(globalThis.confirm(`Make ${what}, to release ${release}?`));
}
