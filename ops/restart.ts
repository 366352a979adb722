/** `deno task restart`: restarts a fleet's programs, one batch after the other. */

import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { type ProgramName, programNames } from "./fleet/fleet.ts";
import {
  changeOptions,
  connectionOptions,
  outputOptions,
  refuseContradictions,
  rollingOptions,
  tunnelOptions,
} from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";

const { diff: _diff, ...withoutDiff } = changeOptions;

/** The command line of `restart`. */
export const program = defineProgram({
  name: "deno task restart",
  summary: "Restarts the programs of a fleet, batch by batch: a relay first takes no new peers " +
    "and waits for those that it\nhas, and packets are sent through the tunnel all the while. " +
    "Says for each host what was lost, in packets and ms.\nExit code: 0 done, 1 something " +
    "failed, 2 wrong usage, 3 with --check: something would change, 4 hosts unreachable, 130 interrupted",
  version: checkoutVersion(checkout),
  options: {
    ...inventoryOptions,
    program: {
      type: "choice",
      flag: "--program",
      choices: programNames,
      help: "Only this program; all by default",
    },
    ...withoutDiff,
    ...rollingOptions,
    ...tunnelOptions,
    ...connectionOptions,
    ...outputOptions,
  },
});

async function main(
  context: CommandContext,
  parsed: Parsed<typeof program.options>,
): Promise<number> {
  const { values } = parsed;
  refuseContradictions(values);
  const { runRollingCommand } = await import("./rolling_command.ts");
  const { restartFleet } = await import("./fleet/restart_fleet.ts");
  const what = `Restart ${values.program === undefined ? "all programs" : `the ${values.program}`}`;
  return await runRollingCommand(context, {
    ...{ command: "restart", argv: Deno.args, what },
    values: { ...values, diff: undefined },
  }, async (command, options) => {
    command.begin(null);
    await restartFleet(options, values.program as ProgramName | undefined);
  });
}

if (import.meta.main) await runDeclared(program, main);
