/** `deno task exec`: runs one command on many hosts. */

import { ConfigError } from "../tunnel/errors.ts";
import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { connectionOptions, outputOptions, refuseContradictions } from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";

/** The command line of `exec`. */
export const program = defineProgram({
  name: "deno task exec",
  summary: "Runs a command on the hosts of an inventory and shows what they answer; hosts that " +
    "answer the same are shown once.\nWhat stands behind -- is the command: one argument is a " +
    "shell script, several are a command with its arguments.\nExit code: 0 done, 1 the command " +
    "failed somewhere, 2 wrong usage, 4 hosts unreachable, 130 interrupted",
  version: checkoutVersion(checkout),
  options: {
    pattern: {
      type: "string",
      positional: 1,
      placeholder: "PATTERN",
      default: "all",
      group: "Hosts",
      help: "Hosts of the inventory, in Ansible's patterns",
    },
    ...inventoryOptions,
    command: { type: "rest", placeholder: "COMMAND…", help: "The command" },
    stream: {
      type: "boolean",
      flag: "--stream",
      help: "Show lines as they come, each with its host, and do not fold equal answers",
    },
    timeout: {
      type: "number",
      flag: "--timeout",
      placeholder: "SECONDS",
      min: 0.1,
      max: 86_400,
      help: "How long the command may take on a host",
    },
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
  if (values.command.length === 0) {
    throw new ConfigError(
      'Cannot run anything as a command must be given: put it behind "--", as in ' +
        '"deno task exec -i hosts.yaml relays -- uptime"',
    );
  }
  const { execCommand } = await import("./exec_command.ts");
  return await execCommand(context, values);
}

if (import.meta.main) await runDeclared(program, main);
