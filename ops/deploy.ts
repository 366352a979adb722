/** `deno task deploy`: brings a fleet, or this machine, to this checkout's release. */

import { ConfigError } from "../tunnel/errors.ts";
import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import {
  changeOptions,
  connectionOptions,
  outputOptions,
  refuseContradictions,
  rollingOptions,
  rollingSettings,
  tagOptions,
  tagSettings,
  tunnelOptions,
} from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";
import { defaultPorts, type LocalPorts, portFlags } from "./local/inventory.ts";

const portGroup = "Ports on this machine, without an inventory";

function portOption(which: keyof LocalPorts, what: string): {
  readonly type: "integer";
  readonly flag: `--${string}`;
  readonly placeholder: "PORT";
  readonly min: 1;
  readonly max: 65_535;
  readonly group: typeof portGroup;
  readonly help: string;
} {
  return {
    type: "integer",
    flag: portFlags[which],
    placeholder: "PORT",
    min: 1,
    max: 65_535,
    group: portGroup,
    help: `${what} (default: as deployed before, else ${defaultPorts[which]})`,
  };
}

const portOptions = {
  relay: portOption("relay", "UDP port of the relay"),
  relayAdmin: portOption("relayAdmin", "TCP port of the relay's admin endpoint"),
  connectorAdmin: portOption("connectorAdmin", "TCP port of the connector's admin endpoint"),
  application: portOption("application", "UDP and TCP port of the sample application"),
};

/** The command line of `deploy`. */
export const program = defineProgram({
  name: "deno task deploy",
  summary: "Brings the hosts of an inventory to this checkout's release: relays, connectors and " +
    "the sample application,\nbatch by batch, each verified before the next. Running it again " +
    "changes nothing.\nWithout an inventory: the same on this machine, as processes of this user " +
    "on 127.0.0.1.\nExit code: 0 done, 1 something failed, 2 wrong usage, 3 with --check: " +
    "something would change,\n4 hosts unreachable, 130 interrupted",
  version: checkoutVersion(checkout),
  options: {
    ...inventoryOptions,
    ...changeOptions,
    ...tagOptions,
    ...rollingOptions,
    ...tunnelOptions,
    ...connectionOptions,
    ...outputOptions,
    ...portOptions,
  },
});

/** Version of the `--json` output: 2 since `changed`, `failed` and `unreachable` count hosts. */
const schema = 2;

async function main(
  context: CommandContext,
  parsed: Parsed<typeof program.options>,
): Promise<number> {
  const { values, sources } = parsed;
  refuseContradictions(values);
  const isLocal = values.inventory.length === 0;
  const allowed: readonly string[] = isLocal
    ? [...Object.keys(portOptions), "check", "json", "yes"]
    : Object.keys(program.options).filter((name) => !(name in portOptions));
  refuseOthers(allowed, sources, isLocal);
  const { check = false, json = false } = values;
  if (isLocal) {
    const { deployLocalCommand } = await import("./local/deploy_command.ts");
    const ports = Object.fromEntries(
      Object.keys(portOptions)
        .map((name) => [name, values[name as keyof LocalPorts]] as const)
        .filter(([, port]) => port !== undefined),
    ) as Partial<LocalPorts>;
    return await deployLocalCommand(context, { check, json, ports }, schema);
  }
  const { deployFleetCommand } = await import("./deploy_fleet_command.ts");
  const { only, skip } = tagSettings(values);
  return await deployFleetCommand(context, Deno.args, {
    common: values,
    change: values,
    tags: { tags: only, skipTags: skip },
    ...rollingSettings(values),
    drainTimeoutSeconds: values.drainTimeout,
    probe: values.probe,
  }, schema);
}

/** Refuses flags that mean nothing with, or without, an inventory. */
function refuseOthers(
  allowed: readonly string[],
  sources: Readonly<Record<string, string>>,
  isLocal: boolean,
): void {
  const given = Object.keys(sources).filter((name) => sources[name] === "flag");
  const wrong = given.filter((name) => !allowed.includes(name));
  if (wrong.length === 0) return;
  const flags = wrong.map((name) =>
    `"${program.options[name as keyof typeof program.options].flag}"`
  );
  throw new ConfigError(
    isLocal
      ? `Cannot use ${
        flags.join(", ")
      } on this machine alone as it is for hosts of an inventory: ` +
        `give one with "--inventory FILE" (-i)`
      : `Cannot use ${flags.join(", ")} with an inventory as it is for this machine alone: ` +
        `set the host's variables in the inventory`,
  );
}

if (import.meta.main) await runDeclared(program, main);
