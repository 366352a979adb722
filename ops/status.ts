/** `deno task status`: what runs where. */

import { ConfigError } from "../tunnel/errors.ts";
import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { connectionOptions, outputOptions, refuseContradictions } from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";

/** The command line of `status`. */
export const program = defineProgram({
  name: "deno task status",
  summary: "Shows what runs on the hosts of an inventory, or on this machine without one.\n" +
    "Exit code: 0 all is well, 1 something does not run or is not ready, 2 wrong usage, " +
    "4 hosts unreachable",
  version: checkoutVersion(checkout),
  options: { ...inventoryOptions, ...connectionOptions, ...outputOptions },
});

/** Version of the `--json` output. */
const schema = 1;

async function main(
  context: CommandContext,
  parsed: Parsed<typeof program.options>,
): Promise<number> {
  const { values } = parsed;
  refuseContradictions(values);
  if (values.inventory.length > 0) {
    const { statusFleetCommand } = await import("./status_fleet_command.ts");
    return await statusFleetCommand(context, Deno.args, values, schema);
  }
  if (values.limit !== undefined) {
    throw new ConfigError(
      'Cannot use "--limit" on this machine alone as it selects hosts of an inventory: give one ' +
        'with "--inventory FILE" (-i)',
    );
  }
  const { statusLocalCommand } = await import("./local/status_command.ts");
  return await statusLocalCommand(context, values.json ?? false, schema);
}

if (import.meta.main) await runDeclared(program, main);
