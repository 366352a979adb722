import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { checkout } from "../checkout.ts";
import type { CommandContext } from "../command.ts";
import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import type { FleetPaths } from "../fleet/fleet_paths.ts";
import { readUnits } from "../fleet/units.ts";
import { runFleetCommand } from "../fleet_command.ts";
import type { HostsCommandValues } from "../hosts_command.ts";
import { requireInventory } from "../hosts_command.ts";
import { openHistory } from "./history/history.ts";
import { type NotifyValues, openNotifier } from "./notify/open_notifier.ts";
import { sweepAgain } from "./report/again.ts";
import { type ReportDestinations, ReportFiles } from "./report/report_files.ts";
import { ReportWriter } from "./report/report_writer.ts";
import { recentSweepCount, type ReportedSweep } from "./report/reported_sweep.ts";
import { type FleetSweep, sweepFleet } from "./sweep_fleet.ts";

/** What the command line says. */
export interface SweepValues extends HostsCommandValues, ReportDestinations, NotifyValues {
  /** The whole sweep's time, in seconds. */
  readonly timeout: number;
  /** Most of it that one host gets, in seconds. */
  readonly hostTimeout: number;
  /** The release that hosts should have. */
  readonly release: string | undefined;
  /** Whether packets are sent through the tunnels. */
  readonly probe: boolean;
  /** The host that sends them; by default this machine does. */
  readonly probeFrom?: string | undefined;
  /** Seconds between one sweep's end and the next one's beginning; without it, there is one. */
  readonly watch?: number | undefined;
}

/** `sweep`: how a fleet is. Changes nothing. */
export async function sweepCommand(context: CommandContext, values: SweepValues): Promise<number> {
  const { watch } = values;
  const writer = reportWriter(context, values);
  if (watch !== undefined) {
    const { watchSweeps } = await import("./report/watch_sweeps.ts");
    // Each run's progress would drown what there is to see.
    const calm = { ...values, quiet: true, verbose: 0 };
    return await watchSweeps(
      { context, writer, intervalMs: watch * 1000 },
      (sweepContext, show) => sweepOnce(sweepContext, calm, show),
    );
  }
  return await sweepOnce(context, values, (reported) => writer.write(reported));
}

/**
 * What writes the reports that the command line wants.
 *
 * @throws {ConfigError} when one of them can't be written, or no inventory is named.
 */
export function reportWriter(context: CommandContext, values: SweepValues): ReportWriter {
  requireInventory("sweep", values.inventory);
  const { json = false, quiet = false, verbose, inventory, limit, watch } = values;
  const files = new ReportFiles(values, { json, watch: watch !== undefined });
  return new ReportWriter({
    ...{ context, files, json, isCompact: watch !== undefined },
    verbosity: quiet ? -1 : verbose,
    again: (hosts) => sweepAgain(inventory, limit, hosts),
  });
}

/** A sweep that was taken, with what it was taken of. */
export interface TakenSweep extends FleetSweep {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
}

/** One sweep. @param show Shows it and gives the exit code, once all hosts have been asked. */
export async function sweepOnce(
  context: CommandContext,
  values: SweepValues,
  show: (reported: ReportedSweep, taken: TakenSweep) => Promise<number>,
): Promise<number> {
  const connectTimeout = Math.min(values.connectTimeout, values.timeout);
  const options = { command: "sweep", argv: Deno.args, values: { ...values, connectTimeout } };
  return await runFleetCommand(context, options, async ({ run, begin, emit, ...command }) => {
    const { fleet, paths, signal } = command;
    const warn = (text: string): void => emit({ type: "warning", text });
    const timeoutMs = values.timeout * 1000;
    const notifier = await openNotifier(values, {
      ...{ fleet: fleet.name, path: paths.sweepNotifications, environment: Deno.env },
      ...{ timeoutMs, signal, warn },
    });
    begin(null);
    using history = openHistory(paths.sweepHistory, { warn });
    const sweep = await sweepFleet({
      ...{ fleet, paths, run, signal, release: values.release, probe: values.probe },
      probeFrom: probingHost(fleet, values.probeFrom),
      inventory: values.inventory,
      units: readUnits(checkout),
      before: history.before(),
      timeoutMs: timeoutMs - (notifier?.reservedMs ?? 0),
      hostTimeoutMs: values.hostTimeout * 1000,
    });
    const isWhole = values.limit === undefined;
    const changes = history.record(sweep, { isWhole });
    const reported = {
      result: sweep.result,
      changes,
      recent: history.recent(recentSweepCount),
      uptime: history.uptime(),
    };
    const exitCode = await show(reported, { ...sweep, fleet, paths });
    await notifier?.tell(sweep, { changes, isWhole });
    return exitCode;
  });
}

/** @throws {ConfigError} when there is no such host. */
function probingHost(fleet: Fleet, name: string | undefined): FleetHost | undefined {
  const host = fleet.hosts.find((each) => each.name === name);
  if (name === undefined || host !== undefined) return host;
  const known = fleet.hosts.map((each) => each.name).slice(0, 10).join(", ");
  throw new ConfigError(
    `Cannot probe as "--probe-from" must be a host of the inventory with a role: current value is ` +
      `${quote(name)}; hosts are ${known}`,
  );
}
