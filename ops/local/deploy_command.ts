import { checkout } from "../checkout.ts";
import { type CommandContext, errorText, wouldChangeExitCode } from "../command.ts";
import { deployLocal, type DeployLocalResult } from "./deploy_local.ts";
import { localHost, type LocalPorts } from "./inventory.ts";
import { statePathsOf } from "./state_paths.ts";
import { nextSteps, probeTable, serviceTable, taskCommand } from "./summary.ts";

/** What the command line says about a deployment on this machine. */
export interface DeployLocalValues {
  readonly check: boolean;
  readonly json: boolean;
  /** Ports given by flags. */
  readonly ports: Partial<LocalPorts>;
}

/** What had been planned when a deployment failed. */
interface Begun {
  readonly release: string | null;
  readonly changes: readonly string[];
}

/** `deploy` without an inventory: brings this machine to the checkout's release. */
export async function deployLocalCommand(
  { report, signal }: CommandContext,
  { check, json, ports }: DeployLocalValues,
  schema: number,
): Promise<number> {
  const paths = statePathsOf(Deno.env);
  const begun: Begun = { release: null, changes: [] };
  try {
    const result = await deployLocal({
      ...{ paths, checkout, deno: Deno.execPath(), ports, check, report, signal },
      onPlan: (release, changes) => void Object.assign(begun, { release, changes }),
    });
    if (json) report.json({ schema, ...jsonResult(result, check) });
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
    return check && result.changes.length > 0 ? wouldChangeExitCode : 0;
  } catch (error) {
    const shown = signal.aborted ? signal.reason : error;
    if (json) report.json({ schema, ...jsonFailure(shown, begun) });
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

function jsonResult(result: DeployLocalResult, check: boolean): Record<string, unknown> {
  const { deployment, changes, probes } = result;
  const changed = changes.length > 0;
  const host = { changed, release: deployment.release, error: null, changes };
  return {
    check,
    changed: Number(changed),
    failed: 0,
    unreachable: 0,
    hosts: { [localHost]: host },
    ...(probes && { probes }),
  };
}

function jsonFailure(error: unknown, { release, changes }: Begun): Record<string, unknown> {
  const changed = changes.length > 0;
  return {
    check: false,
    changed: Number(changed),
    failed: 1,
    unreachable: 0,
    hosts: { [localHost]: { changed, release, error: errorText(error), changes } },
  };
}
