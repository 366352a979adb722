import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { becomePassword } from "../../become_password.ts";
import { type CommandContext, wouldChangeExitCode } from "../../command.ts";
import type { ConnectionSettings } from "../../engine/connection/connection_settings.ts";
import { connectionSettingsOf } from "../../engine/inventory/connection_variables.ts";
import type { Inventory } from "../../engine/inventory/inventory.ts";
import { selectHosts } from "../../engine/inventory/select_hosts.ts";
import { fleetPathsOf } from "../../fleet/fleet_paths.ts";
import { readFleet } from "../../fleet/read_fleet.ts";
import { hostPaths } from "../../host_paths.ts";
import { requireInventory, runHostsCommand } from "../../hosts_command.ts";
import { loadSelection } from "../../inventory_options.ts";
import { changesText } from "../../terminal/changes_text.ts";
import { applySchedule } from "./apply_schedule.ts";
import { crontabText } from "./crontab_line.ts";
import { type GivenCommandLine, givenSchedule, type InstallValues } from "./given_schedule.ts";
import { preflightProblems, preflightScript } from "./schedule_preflight.ts";
import { installPlay, removePlay } from "./schedule_play.ts";
import { schedulePaths, type SweepSchedule } from "./sweep_schedule.ts";
import { serviceText, timerText } from "./unit_files.ts";

/** The machine that sweeps. */
interface SweepingHost {
  readonly name: string;
  readonly connection: ConnectionSettings;
}

/** Version of the `--json` output. */
const schema = 1;

/** `sweep install`: has a machine sweep by the clock, or no more. */
export async function installCommand(
  context: CommandContext,
  given: GivenCommandLine,
): Promise<number> {
  const { report, screen, signal } = context;
  const { values } = given;
  const { change, remove = false, print, json = false } = values;
  requireInventory("install a schedule of sweeps", values.inventory);
  const warn = (text: string): void => report.warn(text);
  const { inventory, hosts } = await loadSelection(values, { signal, warn });
  const fleet = readFleet(inventory, hosts);
  const host = await sweepingHost(inventory, values);
  const schedule = givenSchedule(given, fleet, host.connection.transport === "local");
  if (print !== undefined) {
    report.result(print === "crontab" ? crontabText(schedule) : unitsText(schedule));
    return 0;
  }
  const paths = schedulePaths(fleet.name);
  const { check = false, diff = false } = change;
  const options = {
    ...{ command: "sweep", argv: Deno.args, values, change, hosts: [host] },
    ...{ roleOf: () => "", fleet: fleet.name },
    auditFile: fleetPathsOf(Deno.env, fleet.name).auditFile,
  };
  return await runHostsCommand(context, options, async (command) => {
    const { run, operator, emit, begin, progress } = command;
    begin(null);
    await run.connectAll(async (each) => {
      await applySchedule(each, {
        ...{ check, diff, operator, emit, signal },
        play: remove ? removePlay(fleet.name) : installPlay(schedule),
        preflight: remove ? undefined : preflightScript(schedule),
        problems: (output) => preflightProblems(output, schedule),
        lock: {
          path: hostPaths.lock,
          command: "sweep install",
          owner: `${operator.user}@${operator.machine}`,
          waitSeconds: change.lockTimeout,
          force: change.forceUnlock ?? false,
        },
      });
      run.finish(each, "done");
    });
    const [{ changed, error = null }] = run.hosts as [typeof run.hosts[number]];
    screen.endLive();
    if (json) {
      const timer = remove ? null : paths.timer;
      report.json({ schema, check, host: host.name, fleet: fleet.name, timer, changed, error });
    } else {
      const changes = check || diff ? changesText(progress, { color: report.color, diff }) : "";
      if (changes !== "") report.result(changes);
      if (run.exitCode === 0 && !check) report.result(doneText(host.name, schedule, remove));
    }
    return run.exitCode === 0 && check && changed > 0 ? wouldChangeExitCode : run.exitCode;
  });
}

/**
 * The host that sweeps.
 *
 * @throws {ConfigError} unless `--on` names one.
 */
async function sweepingHost(
  inventory: Inventory,
  values: InstallValues,
): Promise<SweepingHost> {
  const selected = await selectHosts(inventory, values.on);
  const [host, ...others] = selected;
  if (host === undefined || others.length > 0) {
    throw new ConfigError(
      `Cannot install a schedule on more than one host as each would sweep and tell of it: ` +
        `${quote(values.on)} selects ${selected.length}; name one`,
    );
  }
  const password = await becomePassword(values);
  const overrides = password === undefined ? {} : { becomePassword: password };
  const settings = connectionSettingsOf(host, overrides);
  const needsSudo = settings.transport === "local" && settings.become === undefined &&
    Deno.uid() !== 0;
  return {
    name: host.name,
    connection: needsSudo ? connectionSettingsOf(host, { become: true, ...overrides }) : settings,
  };
}

function unitsText(schedule: SweepSchedule): string {
  const { serviceFile, timerFile, secretsFile } = schedulePaths(schedule.fleet);
  const secrets = Object.keys(schedule.secrets).map((name) =>
    `# CHANGE: ${secretsFile}, of root with mode 0600, must have the line ${name}=…\n\n`
  );
  return `${secrets.join("")}# ${serviceFile}\n${serviceText(schedule)}\n` +
    `# ${timerFile}\n${timerText(schedule)}`;
}

function doneText(host: string, { fleet }: SweepSchedule, remove: boolean): string {
  const { service, timer } = schedulePaths(fleet);
  if (remove) return `${quote(host)} sweeps the fleet ${fleet} no more`;
  return `${quote(host)} sweeps the fleet ${fleet} by ${timer}. Try it there:\n` +
    `  systemctl start ${service}; journalctl --unit ${service} --since -5min`;
}
