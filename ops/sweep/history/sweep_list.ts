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
  /** How long no sweep was before, in ms; 0 where none is missing. */
  readonly gapMs: number;
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
 * @param knownMs Two sweeps that are further apart than this have a gap between them.
 */
export function foldSweeps(sweeps: readonly PastSweep[], knownMs: number): SweepSeries[] {
  const folded: SweepSeries[] = [];
  for (const sweep of sweeps) {
    const open = folded.at(-1);
    const distanceMs = open === undefined ? 0 : sweep.startedMs - open.last.startedMs;
    const gapMs = distanceMs > knownMs ? distanceMs : 0;
    if (open !== undefined && gapMs === 0 && isSame(open.last, sweep)) {
      folded[folded.length - 1] = { ...open, last: sweep, count: open.count + 1 };
    } else {
      folded.push({ first: sweep, last: sweep, count: 1, gapMs });
    }
  }
  return folded;
}

function isSame(a: PastSweep, b: PastSweep): boolean {
  return a.isWhole === b.isWhole && a.hosts === b.hosts && a.unreachable === b.unreachable &&
    a.warning === b.warning && a.critical === b.critical;
}
