import { checkout } from "../checkout.ts";
import type { CommandContext } from "../command.ts";
import { readUnits } from "../fleet/units.ts";
import { runFleetCommand } from "../fleet_command.ts";
import type { HostsCommandValues } from "../hosts_command.ts";
import { requireInventory } from "../hosts_command.ts";
import { changesJson } from "./history/changes_json.ts";
import { openHistory, type SweepChanges } from "./history/history.ts";
import { sweepFleet } from "./sweep_fleet.ts";
import { statusOf, sweepExitCode, type SweepResult } from "./sweep_result.ts";

/** What the command line says. */
export interface SweepValues extends HostsCommandValues {
  /** The whole sweep's time, in seconds. */
  readonly timeout: number;
  /** Most of it that one host gets, in seconds. */
  readonly hostTimeout: number;
  /** The release that hosts should have. */
  readonly release: string | undefined;
  /** Whether packets are sent through the tunnels. */
  readonly probe: boolean;
}

/** Version of the `--json` output. */
const schema = 1;

/** `sweep`: how a fleet is. Changes nothing. */
export async function sweepCommand(context: CommandContext, values: SweepValues): Promise<number> {
  requireInventory("sweep", values.inventory);
  const { report, screen } = context;
  const connectTimeout = Math.min(values.connectTimeout, values.timeout);
  const options = { command: "sweep", argv: Deno.args, values: { ...values, connectTimeout } };
  return await runFleetCommand(context, options, async ({ run, begin, emit, ...command }) => {
    const { fleet, paths, signal } = command;
    begin(null);
    using history = openHistory(paths.sweepHistory, {
      warn: (text) => emit({ type: "warning", text }),
    });
    const sweep = await sweepFleet({
      ...{ fleet, paths, run, signal, release: values.release, probe: values.probe },
      inventory: values.inventory,
      units: readUnits(checkout),
      before: history.before(),
      timeoutMs: values.timeout * 1000,
      hostTimeoutMs: values.hostTimeout * 1000,
    });
    const { result } = sweep;
    const changes = history.record(sweep, { isWhole: values.limit === undefined });
    screen.endLive();
    if (values.json) report.json(sweepJson(result, changes));
    else report.result(JSON.stringify(sweepJson(result, changes), null, 2));
    return sweepExitCode(result);
  });
}

/** The documented form of a sweep. */
export function sweepJson(
  result: SweepResult,
  changes: SweepChanges | undefined,
): Record<string, unknown> {
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
    changes: changesJson(changes),
  };
}
