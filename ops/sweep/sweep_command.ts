import type { CommandContext } from "../command.ts";
import { runFleetCommand } from "../fleet_command.ts";
import type { HostsCommandValues } from "../hosts_command.ts";
import { requireInventory } from "../hosts_command.ts";
import { sweepFleet } from "./sweep_fleet.ts";
import { statusOf, sweepExitCode, type SweepResult } from "./sweep_result.ts";

/** What the command line says. */
export interface SweepValues extends HostsCommandValues {
  /** The whole sweep's time, in seconds. */
  readonly timeout: number;
}

/** Version of the `--json` output. */
const schema = 1;

/** `sweep`: how a fleet is. Changes nothing. */
export async function sweepCommand(context: CommandContext, values: SweepValues): Promise<number> {
  requireInventory("sweep", values.inventory);
  const { report, screen } = context;
  const connectTimeout = Math.min(values.connectTimeout, values.timeout);
  const options = { command: "sweep", argv: Deno.args, values: { ...values, connectTimeout } };
  return await runFleetCommand(context, options, async ({ run, begin, fleet, signal }) => {
    begin(null);
    const { result } = await sweepFleet({
      ...{ fleet, run, signal, wantedRelease: undefined },
      before: new Map(),
      timeoutMs: values.timeout * 1000,
    });
    screen.endLive();
    if (values.json) report.json(sweepJson(result));
    else report.result(JSON.stringify(sweepJson(result), null, 2));
    return sweepExitCode(result);
  });
}

/** The documented form of a sweep. */
export function sweepJson(result: SweepResult): Record<string, unknown> {
  return {
    schema,
    status: statusOf(result),
    fleet: result.fleet,
    startedAt: new Date(result.startedMs).toISOString(),
    durationSeconds: result.durationMs / 1000,
    hosts: result.hosts,
    checks: result.findings.map(({ host, check, subject, status, value, remedy, measure }) => ({
      ...{ host, check, subject, status, value, remedy },
      measure: measure ?? null,
    })),
  };
}
