/** `deno task sweep`: is every host, program, tunnel and certificate of a fleet all right? */

import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { connectionOptions, outputOptions, refuseContradictions } from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";

/** The command line of `sweep`. */
export const program = defineProgram({
  name: "deno task sweep",
  summary: [
    "Looks at every host, program, tunnel and certificate of a fleet, and says what is wrong and",
    "what to do. Changes nothing.",
    "Exit code: 0 all is well, 1 something is critical, 2 wrong usage, 3 warnings only, 4 hosts",
    "unreachable, 130 interrupted",
  ].join("\n"),
  version: checkoutVersion(checkout),
  options: {
    ...inventoryOptions,
    timeout: {
      type: "number",
      flag: "--timeout",
      placeholder: "SECONDS",
      min: 1,
      max: 3600,
      default: 60,
      help: "How long the whole sweep may take",
    },
    ...connectionOptions,
    ...outputOptions,
  },
});

async function main(
  context: CommandContext,
  { values }: Parsed<typeof program.options>,
): Promise<number> {
  refuseContradictions(values);
  const { sweepCommand } = await import("./sweep/sweep_command.ts");
  return await sweepCommand(context, values);
}

if (import.meta.main) await runDeclared(program, main);
