import { type Finding, isLoud } from "../finding.ts";
import { isProblem } from "../history/known_state.ts";
import type { NotifiedSweep, ToldProblem } from "./change.ts";

/** Alerts in one request. */
export const maxAlertsPerRequest = 500;

/** An alert as Alertmanager's API v2 takes it. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** What Alertmanager is to know after a sweep, and the alerts that say so. */
export interface SweepAlerts {
  readonly told: ReadonlyMap<string, ToldProblem>;
  readonly alerts: readonly SentAlert[];
}

/**
 * The alerts of a sweep. Alertmanager itself tells people of changes only, and forgets an alert that
 * is not sent again: so every sweep sends all problems, each good until three more sweeps are
 * missing. What is solved, silenced or has another severity (a label: another alert) ends now. Of
 * hosts that have not answered, what was known of them goes on.
 *
 * @param before What Alertmanager knows, by `findingKey`.
 * @param options.holdMs How long an alert is good that is not sent again.
 */
export function sweepAlerts(
  before: ReadonlyMap<string, ToldProblem>,
  { startedMs, findings, coverage, since }: NotifiedSweep,
  { fleet, holdMs, nowMs }: {
    readonly fleet: string;
    readonly holdMs: number;
    readonly nowMs: number;
  },
): SweepAlerts {
  const told = new Map<string, ToldProblem>();
  for (const [key, problem] of before) {
    if (!findings.has(key) && !coverage.isComplete(problem.host, problem.check)) {
      told.set(key, problem);
    }
  }
  for (const [key, finding] of findings) {
    if (!isLoud(finding)) continue;
    const known = before.get(key);
    const knownSince = known?.status === finding.status ? known.sinceMs : undefined;
    told.set(key, problemOf(finding, since.get(key) ?? knownSince ?? startedMs));
  }
  const ended = [...before].filter(([key, { status }]) => told.get(key)?.status !== status);
  return {
    told,
    alerts: [
      ...[...told.values()].map((problem) => alertOf(fleet, problem, nowMs + holdMs)),
      ...ended.map(([, problem]) => alertOf(fleet, problem, nowMs)),
    ],
  };
}

function problemOf(
  { host, check, subject, status, value, remedy }: Finding,
  sinceMs: number,
): ToldProblem {
  return { host, check, subject, status, value, remedy, sinceMs, isFlapping: false };
}

function alertOf(fleet: string, problem: ToldProblem, endsMs: number): SentAlert {
  const { host, check, subject, status, value, remedy, sinceMs } = problem;
  const labels = {
    // One name for each check: people group and route by it.
    alertname: `ZtnaSweep${camelCase(check)}`,
    ...{ fleet, host: host ?? "", check, subject },
    severity: isProblem(status) ? status : "warning",
  };
  const place = [host ?? fleet, subject].filter(Boolean).join(" ");
  return {
    // An empty label is none, and what is not UTF-8 is refused with all that is sent along.
    labels: Object.fromEntries(
      Object.entries(labels).filter(([, text]) => text !== "")
        .map(([name, text]) => [name, text.toWellFormed()]),
    ),
    annotations: {
      summary: `${place}: ${value}`.toWellFormed(),
      ...remedy !== "" && { remedy: remedy.toWellFormed() },
    },
    startsAt: new Date(Math.min(sinceMs, endsMs)).toISOString(),
    endsAt: new Date(endsMs).toISOString(),
  };
}

/** `disk-space` as `DiskSpace`. */
function camelCase(id: string): string {
  return id.split("-").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}
