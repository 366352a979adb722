/** `deno task logs`: the journal of a fleet's programs, across hosts. */

import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { type ProgramName, programNames } from "./fleet/fleet.ts";
import { connectionOptions, outputOptions, refuseContradictions } from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";

/** The command line of `logs`. */
export const program = defineProgram({
  name: "deno task logs",
  summary: "Shows what the programs of a fleet have written to their hosts' journals, each line " +
    "with its host.\nExit code: 0 done, 1 something failed, 2 wrong usage, 4 hosts unreachable, " +
    "130 interrupted",
  version: checkoutVersion(checkout),
  options: {
    ...inventoryOptions,
    program: {
      type: "choice",
      flag: "--program",
      choices: programNames,
      help: "Only this program; all by default",
    },
    lines: {
      type: "integer",
      flag: "--lines",
      short: "-n",
      min: 0,
      max: 1_000_000,
      default: 20,
      help: "The last lines of each host",
    },
    since: {
      type: "string",
      flag: "--since",
      short: "-S",
      placeholder: "TIME",
      help: 'Only what is newer, as journalctl takes it: "10 min ago", "2026-01-31 12:00"',
    },
    grep: {
      type: "string",
      flag: "--grep",
      short: "-g",
      placeholder: "REGEX",
      help: "Only lines that this regular expression finds",
    },
    follow: { type: "boolean", flag: "--follow", help: "Go on with what is written from now on" },
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
  const { logsCommand } = await import("./logs_command.ts");
  return await logsCommand(context, Deno.args, {
    ...values,
    program: values.program as ProgramName | undefined,
    follow: values.follow ?? false,
  });
}

if (import.meta.main) await runDeclared(program, main);
