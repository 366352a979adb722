/** `deno task rollback`: takes a fleet back to a release that is still on its hosts. */

import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import {
  changeOptions,
  connectionOptions,
  outputOptions,
  refuseContradictions,
  rollingOptions,
  tunnelOptions,
} from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";
import { namePattern } from "./release/host_layout.ts";

const { diff: _diff, ...withoutDiff } = changeOptions;

/** The command line of `rollback`. */
export const program = defineProgram({
  name: "deno task rollback",
  summary:
    "Takes the hosts of a fleet back to an earlier release that is still on them, batch by " +
    "batch, each verified\nbefore the next. Configuration and certificates stay as they are.\n" +
    "Exit code: 0 done, 1 something failed, 2 wrong usage, or no such release, 3 with --check: something " +
    "would change, 4 hosts unreachable, 130 interrupted",
  version: checkoutVersion(checkout),
  options: {
    ...inventoryOptions,
    to: {
      type: "string",
      flag: "--to",
      placeholder: "RELEASE",
      check: (text: string): string | undefined =>
        namePattern.test(text) ? undefined : 'it must be the ID of a release, as "status" shows it',
      help: "The release; by default the one that all hosts ran before",
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
  const { rollbackFleet } = await import("./fleet/rollback_fleet.ts");
  const what = `Go back to ${values.to === undefined ? "the release before" : values.to}`;
  return await runRollingCommand(context, {
    ...{ command: "rollback", argv: Deno.args, what },
    values: { ...values, diff: undefined },
  }, async (command, options) => {
    command.begin(values.to ?? null);
    await rollbackFleet(
      options,
      values.to,
      (release) => command.emit({ type: "note", text: `back to release ${release}` }),
    );
  });
}

if (import.meta.main) await runDeclared(program, main);
