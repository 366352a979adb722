import type { HistoryDatabase } from "./history_database.ts";

/** What the history tells of one sweep. */
export interface PastSweep {
  /** In ms since 1970. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Whether it has looked at all hosts of the inventory. */
  readonly isWhole: boolean;
  readonly hosts: number;
  /** Hosts that have not answered. */
  readonly unreachable: number;
  /** Findings by status. */
  readonly ok: number;
  readonly warning: number;
  readonly critical: number;
}

/** Sweeps in a row that have found the same. */
export interface SweepSeries {
  readonly first: PastSweep;
  readonly last: PastSweep;
  readonly count: number;
}

/** The sweeps since `fromMs`, from old to new. */
export function pastSweeps(database: HistoryDatabase, fromMs: number): PastSweep[] {
  type Row = [number, number, number, number, number, number, number, number];
  const rows = database.rows<Row>(
    "select started_ms, duration_ms, is_whole, hosts, unreachable, ok, warning, critical " +
      "from sweeps where started_ms >= ? order by started_ms, id",
    fromMs,
  );
  return rows.map((
    [startedMs, durationMs, isWhole, hosts, unreachable, ok, warning, critical],
  ) => ({
    ...{ startedMs, durationMs, isWhole: isWhole === 1, hosts, unreachable, ok, warning, critical },
  }));
}

/**
 * Sweeps as people read them: those in a row that say the same are one line.
 *
 * @param knownMs Two sweeps that are further apart than this don't belong together.
 */
export function foldSweeps(sweeps: readonly PastSweep[], knownMs: number): SweepSeries[] {
  const folded: SweepSeries[] = [];
  for (const sweep of sweeps) {
    const open = folded.at(-1);
    if (open !== undefined && isSame(open.last, sweep, knownMs)) {
      folded[folded.length - 1] = { ...open, last: sweep, count: open.count + 1 };
    } else {
      folded.push({ first: sweep, last: sweep, count: 1 });
    }
  }
  return folded;
}

function isSame(a: PastSweep, b: PastSweep, knownMs: number): boolean {
  return b.startedMs - a.startedMs <= knownMs && a.isWhole === b.isWhole && a.hosts === b.hosts &&
    a.unreachable === b.unreachable && a.warning === b.warning && a.critical === b.critical;
}
