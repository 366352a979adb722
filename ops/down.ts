/** `deno task down`: removes the local deployment. */

import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { localHost } from "./local/inventory.ts";
import { removeLocal } from "./local/remove_local.ts";
import { statePathsOf } from "./local/state_paths.ts";

/** The command line. */
export const program = defineProgram({
  name: "deno task down",
  summary: "Stops what deploy has started on this machine and removes its state, certificates too.",
  version: checkoutVersion(checkout),
  options: {
    keepCertificates: {
      type: "boolean",
      flag: "--keep-certificates",
      help: "Leave the certificate authority and its certificates for the next deployment",
    },
    json: { type: "boolean", flag: "--json", help: "Print the result as JSON" },
  },
});

/** Version of the `--json` output. */
const schema = 1;

async function main(
  { report, signal }: CommandContext,
  parsed: Parsed<typeof program.options>,
): Promise<number> {
  const { json = false, keepCertificates = false } = parsed.values;
  const paths = statePathsOf(Deno.env);
  const changed = await removeLocal({ paths, keepCertificates, report, signal });
  if (json) report.json({ schema, changed, hosts: { [localHost]: { changed, error: null } } });
  else report.result(changed ? "The deployment is removed" : "Nothing is deployed on this machine");
  return 0;
}

if (import.meta.main) await runDeclared(program, main);
