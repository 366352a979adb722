import type { HistoryReport } from "./history_report.ts";
import type { PastChange } from "./past_changes.ts";
import { uptimeJson } from "./uptime_json.ts";

/** Version of this form. */
const schema = 1;

/** The documented form of `sweep history --json`. */
export function historyJson(fleet: string, report: HistoryReport): Record<string, unknown> {
  return {
    ...{ schema, fleet, since: time(report.filter.fromMs), now: time(report.nowMs) },
    sweeps: report.sweeps.map(({ startedMs, durationMs, isWhole, ...sweep }) => ({
      startedAt: time(startedMs),
      durationSeconds: durationMs / 1000,
      wholeFleet: isWhole,
      hosts: sweep.hosts,
      unreachable: sweep.unreachable,
      findings: { ok: sweep.ok, warning: sweep.warning, critical: sweep.critical },
    })),
    changes: report.changes.map(changeJson),
    problems: report.problems.map(changeJson),
    flapping: report.flapping,
    uptime: uptimeJson(report.uptime),
  };
}

function changeJson(change: PastChange): Record<string, unknown> {
  const { kind, host, check, subject, from, to, value, sinceMs, untilMs } = change;
  return {
    ...{ kind, host, check, subject, from: from ?? null, to, value },
    since: time(sinceMs),
    until: untilMs === undefined ? null : time(untilMs),
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
