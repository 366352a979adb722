import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { ConfigError } from "../../../tunnel/errors.ts";
import type { OptionDeclarations } from "../../../tunnel/options.ts";
import { quote } from "../../../tunnel/printable.ts";
import { becomePassword } from "../../become_password.ts";
import { checkout } from "../../checkout.ts";
import { type CommandContext, wouldChangeExitCode } from "../../command.ts";
import type { ConnectionSettings } from "../../engine/connection/connection_settings.ts";
import { connectionSettingsOf } from "../../engine/inventory/connection_variables.ts";
import type { Inventory } from "../../engine/inventory/inventory.ts";
import { selectHosts } from "../../engine/inventory/select_hosts.ts";
import { Secret } from "../../engine/secret.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import { fleetPathsOf } from "../../fleet/fleet_paths.ts";
import { readFleet } from "../../fleet/read_fleet.ts";
import { hostPaths } from "../../host_paths.ts";
import {
  type ChangeValues,
  type HostsCommandValues,
  requireInventory,
  runHostsCommand,
} from "../../hosts_command.ts";
import { loadSelection } from "../../inventory_options.ts";
import { changesText } from "../../terminal/changes_text.ts";
import type { NotifyValues } from "../notify/open_notifier.ts";
import { secretVariable, webhookSecret } from "../notify/receivers.ts";
import { applySchedule } from "./apply_schedule.ts";
import { crontabText } from "./crontab_line.ts";
import { parseInterval } from "./interval.ts";
import { preflightProblems, preflightScript } from "./schedule_preflight.ts";
import { installPlay, removePlay } from "./schedule_play.ts";
import { placedIn, sweepArguments } from "./sweep_arguments.ts";
import { schedulePaths, type SweepSchedule } from "./sweep_schedule.ts";
import { serviceText, timerText } from "./unit_files.ts";

/** What the command line says. */
export interface InstallValues extends HostsCommandValues, NotifyValues {
  readonly change: ChangeValues;
  readonly timeout: number;
  readonly html: string | undefined;
  readonly junit: string | undefined;
  readonly prom: string | undefined;
  readonly on: string;
  readonly user: string | undefined;
  readonly checkout: string | undefined;
  readonly deno: string | undefined;
  readonly print: string | undefined;
  readonly remove: boolean | undefined;
}

/** How the command line was given: what of it is for the sweeps. */
export interface GivenCommandLine {
  readonly declarations: OptionDeclarations;
  /** Options of a sweep by the clock. */
  readonly sweepOptions: readonly string[];
  readonly values: InstallValues;
  readonly sources: Readonly<Record<string, string>>;
}

/** The machine that sweeps. */
interface SweepingHost {
  readonly name: string;
  readonly connection: ConnectionSettings;
}

/** Version of the `--json` output. */
const schema = 1;

/** Variables that make sweeps on this machine what they are by hand. */
const ownVariables = [
  ...["XDG_STATE_HOME", "DENO_DIR", "DENO_CERT", "DENO_TLS_CA_STORE", "ZTNA_SENDMAIL"],
];

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
  const schedule = scheduleOf(given, fleet, host.connection.transport === "local");
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
 * What is to be installed.
 *
 * @throws {ConfigError} when something must be said that is not.
 */
function scheduleOf(
  { declarations, sweepOptions, values, sources }: GivenCommandLine,
  fleet: Fleet,
  here: boolean,
): SweepSchedule {
  const { html, junit, prom, inventory, notifyMail, notifyWebhook, every, timeout } = values;
  const { remove = false } = values;
  const there = values.checkout ?? (here ? checkout : "/opt/ztna-fleet");
  const placeOf = placedIn(checkout, there, existsSync);
  const reports = [html, junit, prom].filter((path) => path !== undefined);
  if (reports.includes("-")) {
    throw new ConfigError(
      'Cannot let a schedule write reports to "-" as nobody looks there: name files',
    );
  }
  const args = sweepArguments(
    { declarations, names: sweepOptions, values: { ...values }, sources },
    placeOf,
  );
  return {
    fleet: fleet.name,
    // The option's own check has let it pass.
    interval: parseInterval(every)!,
    user: values.user ?? userHere(here || remove, values.on),
    checkout: there,
    deno: values.deno ?? (here ? Deno.execPath() : "/usr/local/bin/deno"),
    args: [...args, "--quiet"],
    timeoutSeconds: timeout,
    environment: here ? setVariables() : {},
    secrets: notifyWebhook.length === 0 || remove ? {} : secretsOf(values),
    needsPrivileges: notifyMail.length > 0 ||
      fleet.hosts.some(({ connection }) => connection.transport === "local"),
    inputs: [
      ...inventory.map(placeOf).filter((path) => path.startsWith("/")),
      ...values.becomePasswordFile === undefined ? [] : [placeOf(values.becomePasswordFile)],
    ],
    outputs: [...new Set(reports.map((path) => dirname(placeOf(path))))],
  };
}

/** What goes into the file with secrets; nothing of it is printed. */
function secretsOf({ print }: InstallValues): Record<string, Secret> {
  try {
    return { [secretVariable]: webhookSecret(Deno.env) };
  } catch (error) {
    if (print === undefined || !(error instanceof ConfigError)) throw error;
    return { [secretVariable]: new Secret("") };
  }
}

/** Who sweeps where nobody is named. */
function userHere(here: boolean, on: string): string {
  if (here) return Deno.env.get("SUDO_USER") || userInfo().username;
  throw new ConfigError(
    `Cannot install a schedule on ${quote(on)} as the user who sweeps there must be named: give ` +
      "--user NAME, with an SSH key for the fleet's hosts",
  );
}

function setVariables(): Record<string, string> {
  return Object.fromEntries(ownVariables.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined || value === "" ? [] : [[name, value] as const];
  }));
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
