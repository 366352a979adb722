/** `deno task deploy`: brings this machine to this checkout's release. */

import { defineProgram, parseOptions } from "../tunnel/options.ts";
import { checkout } from "./checkout.ts";
import { type CommandContext, errorText, runCommand } from "./command.ts";
import { deployLocal, type DeployLocalResult } from "./local/deploy_local.ts";
import { defaultPorts, localHost, type LocalPorts, portFlags } from "./local/inventory.ts";
import { statePathsOf } from "./local/state_paths.ts";
import { nextSteps, probeTable, serviceTable, taskCommand } from "./local/summary.ts";
import { checkoutVersion } from "./release.ts";

function portOption(which: keyof LocalPorts, what: string): {
  readonly type: "integer";
  readonly flag: `--${string}`;
  readonly placeholder: "PORT";
  readonly min: 1;
  readonly max: 65_535;
  readonly group: "Ports";
  readonly help: string;
} {
  return {
    type: "integer",
    flag: portFlags[which],
    placeholder: "PORT",
    min: 1,
    max: 65_535,
    group: "Ports",
    help: `${what} (default: as deployed before, else ${defaultPorts[which]})`,
  };
}

const program = defineProgram({
  name: "deno task deploy",
  summary: "Runs a relay, a connector and a sample application on this machine, as processes of " +
    "this user on 127.0.0.1,\nand sends packets through the tunnel. Running it again changes nothing.",
  version: checkoutVersion(checkout),
  options: {
    check: { type: "boolean", flag: "--check", help: "Only say what would change" },
    json: { type: "boolean", flag: "--json", help: "Print the result as JSON" },
    relay: portOption("relay", "UDP port of the relay"),
    relayAdmin: portOption("relayAdmin", "TCP port of the relay's admin endpoint"),
    connectorAdmin: portOption("connectorAdmin", "TCP port of the connector's admin endpoint"),
    application: portOption("application", "UDP and TCP port of the sample application"),
  },
});

/** Version of the `--json` output. */
const schema = 1;

async function main(context: CommandContext): Promise<number> {
  const { report, signal } = context;
  const parsed = parseOptions(program, Deno.args);
  if (parsed.kind !== "run") {
    report.result(parsed.text);
    return 0;
  }
  const { check = false, json = false, ...flags } = parsed.values;
  const paths = statePathsOf(Deno.env);
  const deno = Deno.execPath();
  const begun: Begun = { release: null, changes: [] };
  try {
    const ports = Object.fromEntries(
      Object.entries(flags).filter(([, port]) => port !== undefined),
    ) as Partial<LocalPorts>;
    const result = await deployLocal({
      ...{ paths, checkout, deno, ports, check, report, signal },
      onPlan: (release, changes) => void Object.assign(begun, { release, changes }),
    });
    if (json) report.json(jsonResult(result, check));
    else if (check) report.result(checkText(result));
    else {
      const { deployment, health, probes } = result;
      const { release, ports } = deployment;
      const changes = result.changes.length === 0 ? "nothing to change" : "done";
      report.result([
        `Release ${release} on this machine: ${changes}`,
        serviceTable(health!, ports),
        probeTable(probes!),
        nextSteps(paths, deployment, taskCommand(Deno.env.get("PATH") ?? "", Deno.version.deno)),
      ].join("\n\n"));
    }
    return 0;
  } catch (error) {
    if (json) report.json(jsonFailure(signal.aborted ? signal.reason : error, begun));
    throw error;
  }
}

function checkText({ deployment, changes }: DeployLocalResult): string {
  if (changes.length === 0) {
    return `Nothing to change: this machine has release ${deployment.release}`;
  }
  const lines = changes.map((change) => `  ${change}`);
  return [`Would change this machine to release ${deployment.release}:`, ...lines].join("\n");
}

function jsonResult(result: DeployLocalResult, check: boolean): unknown {
  const { deployment, changes, probes } = result;
  const changed = changes.length > 0;
  const host = { changed, release: deployment.release, error: null, changes };
  return {
    schema,
    check,
    changed,
    failed: false,
    unreachable: false,
    hosts: { [localHost]: host },
    ...(probes && { probes }),
  };
}

/** What had been planned when a deployment failed. */
interface Begun {
  readonly release: string | null;
  readonly changes: readonly string[];
}

function jsonFailure(error: unknown, { release, changes }: Begun): unknown {
  const changed = changes.length > 0;
  return {
    schema,
    check: false,
    changed,
    failed: true,
    unreachable: false,
    hosts: { [localHost]: { changed, release, error: errorText(error), changes } },
  };
}

if (import.meta.main) await runCommand(main);
