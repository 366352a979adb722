import type { CommandContext } from "../command.ts";
import { readDeployment } from "./facts.ts";
import { readHealth, readSupervisor } from "./health.ts";
import { localHost } from "./inventory.ts";
import { statePathsOf } from "./state_paths.ts";
import { serviceTable } from "./summary.ts";

/** `status` without an inventory: what runs on this machine. */
export async function statusLocalCommand(
  { report }: CommandContext,
  json: boolean,
  schema: number,
): Promise<number> {
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
