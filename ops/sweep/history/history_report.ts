import { type FlappingFinding, flappingFindings } from "./flapping.ts";
import type { HistoryDatabase } from "./history_database.ts";
import { type HistoryFilter, isWanted } from "./history_filter.ts";
import { openProblems, type PastChange, pastChanges } from "./past_changes.ts";
import { knownSpanMs, type ServiceUptime, serviceUptimes } from "./service_uptime.ts";
import { foldSweeps, type PastSweep, pastSweeps, type SweepSeries } from "./sweep_list.ts";

/** What `sweep history` tells. */
export interface HistoryReport {
  readonly filter: HistoryFilter;
  readonly nowMs: number;
  /** From old to new, as is everything else. */
  readonly sweeps: readonly PastSweep[];
  readonly series: readonly SweepSeries[];
  readonly changes: readonly PastChange[];
  /** What is not well by the last look at it, whenever it began. */
  readonly problems: readonly PastChange[];
  readonly flapping: readonly FlappingFinding[];
  readonly uptime: readonly ServiceUptime[];
}

/** Reads what somebody wants to see; all of it as it is at one moment. */
export function readHistory(
  database: HistoryDatabase,
  filter: HistoryFilter,
  nowMs: number,
): HistoryReport {
  return database.read(() => {
    const sweeps = pastSweeps(database, filter.fromMs);
    const knownMs = knownSpanMs(sweeps.map(({ startedMs }) => startedMs));
    return {
      ...{ filter, nowMs, sweeps },
      series: foldSweeps(sweeps, knownMs),
      changes: pastChanges(database, filter),
      problems: openProblems(database, filter),
      flapping: flappingFindings(database, nowMs).filter((finding) => isWanted(filter, finding)),
      uptime: serviceUptimes(database, nowMs).filter(({ service }) =>
        filter.service === undefined || service === filter.service
      ),
    };
  });
}
