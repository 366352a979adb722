import { durationSeconds } from "../../../dashboards/preview/data/duration.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { nearestHint } from "../../../tunnel/options/nearest.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { CommandContext } from "../../command.ts";
import { fleetPathsOf } from "../../fleet/fleet_paths.ts";
import { readFleet } from "../../fleet/read_fleet.ts";
import { requireInventory } from "../../hosts_command.ts";
import { loadSelection } from "../../inventory_options.ts";
import { HistoryDatabase } from "./history_database.ts";
import type { HistoryFilter } from "./history_filter.ts";
import { historyJson } from "./history_json.ts";
import { readHistory } from "./history_report.ts";
import { historyText } from "./history_text.ts";
import { knownFindings } from "./past_changes.ts";
import { serviceOf } from "./service_states.ts";

/** What the command line says. */
export interface HistoryValues {
  readonly inventory: readonly string[];
  /** How far back: `7d`. */
  readonly since: string;
  readonly host: string | undefined;
  readonly check: string | undefined;
  readonly service: string | undefined;
  readonly json: boolean;
}

/**
 * `sweep history`: what the sweeps of a fleet have found. Asks no host, and changes nothing.
 *
 * @throws {ConfigError} when the inventory is wrong, or no sweep has seen what is asked for.
 * @throws {HistoryError} when the history can't be read.
 */
export async function historyCommand(
  { report, signal }: CommandContext,
  values: HistoryValues,
): Promise<number> {
  requireInventory("show the history of sweeps", values.inventory);
  const nowMs = Date.now();
  const filter = { ...values, fromMs: nowMs - sinceMs(values.since) };
  const { inventory, hosts } = await loadSelection(
    { inventory: values.inventory, limit: undefined },
    { signal, warn: (text) => report.warn(text) },
  );
  const fleet = readFleet(inventory, hosts);
  const { sweepHistory: path } = fleetPathsOf(Deno.env, fleet.name);
  if (!isThere(path)) {
    throw new ConfigError(
      `Cannot show the history of fleet ${quote(fleet.name)} as there must have been a sweep on ` +
        `this machine: there is no ${quote(path)}; run "deno task sweep"`,
    );
  }
  using database = new HistoryDatabase(path);
  refuseUnknown(database, filter);
  const history = readHistory(database, filter, nowMs);
  if (values.json) report.json(historyJson(fleet.name, history));
  else report.result(historyText(history, report.color));
  return 0;
}

function sinceMs(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined && seconds > 0) return seconds * 1000;
  throw new ConfigError(
    `Cannot show the history of sweeps as "--since" must be a duration: current value is ` +
      `${quote(text)}, give one like "12h", "7d" or "4w"`,
  );
}

/** A name with a mistake in it must not look like a host that is well. */
function refuseUnknown(database: HistoryDatabase, filter: HistoryFilter): void {
  const known = knownFindings(database);
  const names = {
    host: known.flatMap(({ host }) => host ?? []),
    check: known.map(({ check }) => check),
    service: known.flatMap(({ subject }) => serviceOf(subject) ?? []),
  };
  const mistakes = (["host", "check", "service"] as const).flatMap((kind) => {
    const wanted = filter[kind];
    if (wanted === undefined || names[kind].includes(wanted)) return [];
    return [
      `Cannot show the history of ${kind} ${quote(wanted)} as a sweep must have seen it: ` +
      nearestHint(kind, wanted, [...new Set(names[kind])]),
    ];
  });
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
