/** What `restart` and `rollback` have in common. */

import { type CommandContext, wouldChangeExitCode } from "./command.ts";
import type { RollingOptions } from "./fleet/restart_fleet.ts";
import { rollingJson } from "./fleet/rolling_json.ts";
import { type FleetCommand, runFleetCommand } from "./fleet_command.ts";
import { rollingSettings } from "./fleet_options.ts";
import { type ChangeValues, type HostsCommandValues, requireInventory } from "./hosts_command.ts";
import { interruptionText } from "./terminal/interruption_text.ts";
import { counted } from "./terminal/quantities.ts";
import { summaryText } from "./terminal/summary.ts";

/** The flags of both. */
export type RollingValues = HostsCommandValues & ChangeValues & {
  readonly serial: string | undefined;
  readonly maxFail: string;
  readonly drainTimeout: number | undefined;
  readonly probe: boolean;
};

/** Version of the `--json` output. */
const schema = 1;

/**
 * Runs a rolling command: asks, does it, and shows what users of the hosts noticed.
 *
 * @param what Completes "Do you want to": "restart".
 */
export async function runRollingCommand(
  context: CommandContext,
  { command, argv, what, values }: {
    readonly command: string;
    readonly argv: readonly string[];
    readonly what: string;
    readonly values: RollingValues;
  },
  body: (command: FleetCommand, options: RollingOptions) => Promise<void>,
): Promise<number> {
  requireInventory(command, values.inventory);
  const { probe, check = false, drainTimeout, json = false } = values;
  const options = { command, argv, values, change: values, probe };
  return await runFleetCommand(context, options, async (fleetCommand) => {
    const { report, screen } = context;
    const { fleet, run, work, progress } = fleetCommand;
    const isAsked = !check && !json && values.yes !== true && Deno.stdin.isTerminal();
    if (isAsked && !confirm(`${what} on ${counted(run.hosts.length, "host")}?`)) return 1;
    await body(fleetCommand, {
      ...fleetCommand,
      ...rollingSettings(values),
      drainTimeoutSeconds: drainTimeout,
      check,
    });
    if (json) report.json({ schema, ...rollingJson(run, work, { check, fleet: fleet.name }) });
    else {
      const format = { color: report.color };
      screen.endLive();
      const noticed = interruptionText(work.interruptions, format);
      report.result([summaryText(progress, format), noticed].filter(Boolean).join("\n\n"));
    }
    const wouldChange = check && run.hosts.some((host) => host.changed > 0);
    return run.exitCode === 0 && wouldChange ? wouldChangeExitCode : run.exitCode;
  });
}
