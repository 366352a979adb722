import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { ConfigError } from "../../../tunnel/errors.ts";
import type { OptionDeclarations } from "../../../tunnel/options.ts";
import { quote } from "../../../tunnel/printable.ts";
import { checkout } from "../../checkout.ts";
import { Secret } from "../../engine/secret.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import type { ChangeValues, HostsCommandValues } from "../../hosts_command.ts";
import type { NotifyValues } from "../notify/open_notifier.ts";
import { secretVariable, webhookSecret } from "../notify/receivers.ts";
import { parseInterval } from "./interval.ts";
import { placedIn, sweepArguments } from "./sweep_arguments.ts";
import type { SweepSchedule } from "./sweep_schedule.ts";

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

/** Variables that make sweeps on this machine what they are by hand. */
const ownVariables = [
  ...["XDG_STATE_HOME", "DENO_DIR", "DENO_CERT", "DENO_TLS_CA_STORE", "ZTNA_SENDMAIL"],
];

/**
 * What is to be installed.
 *
 * @throws {ConfigError} when something must be said that is not.
 */
export function givenSchedule(
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
