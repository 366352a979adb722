/** `deno task status`: what runs where. */

import { defineProgram, parseOptions } from "../tunnel/options.ts";
import { checkout } from "./checkout.ts";
import { type CommandContext, runCommand } from "./command.ts";
import { readDeployment } from "./local/facts.ts";
import { readHealth, readSupervisor } from "./local/health.ts";
import { localHost } from "./local/inventory.ts";
import { statePathsOf } from "./local/state_paths.ts";
import { serviceTable } from "./local/summary.ts";
import { checkoutVersion } from "./release.ts";

const program = defineProgram({
  name: "deno task status",
  summary:
    "Shows what runs on this machine. Exit code 1 when something does not run or is not ready.",
  version: checkoutVersion(checkout),
  options: { json: { type: "boolean", flag: "--json", help: "Print the result as JSON" } },
});

/** Version of the `--json` output. */
const schema = 1;

async function main({ report }: CommandContext): Promise<number> {
  const parsed = parseOptions(program, Deno.args);
  if (parsed.kind !== "run") {
    report.result(parsed.text);
    return 0;
  }
  const { json = false } = parsed.values;
  const paths = statePathsOf(Deno.env);
  const deployment = readDeployment(paths);
  if (deployment === undefined) {
    if (json) report.json({ schema, hosts: {} });
    else report.result('Nothing is deployed on this machine; "deno task deploy" does it');
    return 1;
  }
  const supervisor = readSupervisor(paths);
  const services = await readHealth(paths, deployment);
  const healthy = supervisor.active &&
    Object.values(services).every(({ active, ready }) => active && ready);
  if (json) {
    const shown = Object.fromEntries(
      Object.entries(services).map(([name, { fingerprint: _, ...health }]) => [name, health]),
    );
    report.json({
      schema,
      hosts: {
        [localHost]: { healthy, release: deployment.release, supervisor, services: shown },
      },
    });
  } else {
    const watched = supervisor.active
      ? `supervised by process ${supervisor.pid}`
      : 'without a supervisor, so nothing is restarted ("deno task deploy" mends it)';
    report.result(`Release ${deployment.release} on this machine, ${watched}\n`);
    report.result(serviceTable(services, deployment.ports));
  }
  return healthy ? 0 : 1;
}

if (import.meta.main) await runCommand(main);
