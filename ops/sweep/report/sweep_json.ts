import { fixesJson } from "../fix/fix_report.ts";
import { changesJson } from "../history/changes_json.ts";
import { uptimeJson } from "../history/uptime_json.ts";
import { statusOf } from "../sweep_result.ts";
import { reportedFindings, type ReportedSweep } from "./reported_sweep.ts";

/** Version of the form. */
const schema = 1;

/** The documented form of a sweep: see `docs/sweep.md`. */
export function sweepJson(reported: ReportedSweep): Record<string, unknown> {
  const { result, changes, uptime, fixes } = reported;
  return {
    schema,
    status: statusOf(result),
    fleet: result.fleet,
    startedAt: timeText(result.startedMs),
    durationSeconds: result.durationMs / 1000,
    hosts: result.hosts,
    checks: reportedFindings(reported).map(({ news, silenced, measure = null, ...finding }) => {
      const { host, check, subject, status, value, remedy } = finding;
      return {
        ...{ host, check, subject, status, value, remedy, measure },
        since: news.sinceMs === undefined ? null : timeText(news.sinceMs),
        change: news.kind ?? null,
        silenced: silenced === undefined
          ? null
          : { by: silenced.by, reason: silenced.reason, until: timeText(silenced.untilMs) },
      };
    }),
    changes: changesJson(changes),
    uptime: uptimeJson(uptime),
    ...fixes !== undefined && { fixes: fixesJson(fixes) },
  };
}

/** @param ms May be far beyond what a date can be: silences of inventories may end never. */
function timeText(ms: number): string {
  return new Date(Math.min(ms, latestMs)).toISOString();
}

/** The latest moment that JavaScript knows. */
const latestMs = 8.64e15;
