import { type Finding, findingKey, findingStatuses, isLoud } from "../finding.ts";
import type { FixedFinding } from "../fix/fix_report.ts";
import type { SweepChanges } from "../history/history.ts";
import type { ChangeKind, FindingChange } from "../history/known_state.ts";
import { counted } from "../../terminal/quantities.ts";
import type { RecentSweeps } from "../history/recent_sweeps.ts";
import type { ServiceUptime } from "../history/service_uptime.ts";
import type { SweepResult } from "../sweep_result.ts";

/** Sweeps whose states are shown, where there is room for a picture of them. */
export const recentSweepCount = 48;

/** A sweep with what the history says: what all reports are made of. */
export interface ReportedSweep {
  readonly result: SweepResult;
  /** `undefined` when the history can't tell. */
  readonly changes: SweepChanges | undefined;
  /** How hosts were at the last sweeps, this one included. */
  readonly recent: RecentSweeps;
  readonly uptime: readonly ServiceUptime[];
  /** What has become of findings that can be mended; only with `--fix`. */
  readonly fixes?: readonly FixedFinding[];
}

/** What the history says of one finding. */
export interface News {
  /** What has become of it since the sweep before; `undefined` when it is as it was. */
  readonly kind: ChangeKind | undefined;
  /** Since when a problem is as it is, in ms since 1970. */
  readonly sinceMs: number | undefined;
  /** How often it has changed lately, where that is too often to tell of each change. */
  readonly flaps: number | undefined;
}

/** A finding with its news. */
export interface ReportedFinding extends Finding {
  readonly news: News;
}

/** All findings with their news, in the sweep's order. */
export function reportedFindings({ result, changes }: ReportedSweep): ReportedFinding[] {
  const kinds = new Map(
    changes?.changes.map(({ kind, finding }) => [findingKey(finding), kind]),
  );
  return result.findings.map((finding) => {
    const key = findingKey(finding);
    const news = {
      kind: kinds.get(key),
      sinceMs: changes?.since.get(key),
      flaps: changes?.flapping.get(key)?.changes,
    };
    return { ...finding, news };
  });
}

/** The same for people: at the first sweep everything is new, and nothing is news. */
export function toldFindings(reported: ReportedSweep): ReportedFinding[] {
  const findings = reportedFindings(reported);
  if (reported.changes?.previousSweepMs !== undefined) return findings;
  return findings.map((finding) => ({ ...finding, news: noNews }));
}

const noNews: News = { kind: undefined, sinceMs: undefined, flaps: undefined };

/** What has changed since the sweep before, as far as somebody is to hear of it. */
export function heardChanges({ changes }: ReportedSweep): readonly FindingChange[] {
  if (changes?.previousSweepMs === undefined) return [];
  return changes.changes.filter(({ finding }) => finding.silenced === undefined);
}

/** How many hosts and findings are how. */
export interface SweepCounts {
  readonly hosts: number;
  /** Names of hosts without a problem that counts, in the sweep's order. */
  readonly healthy: readonly string[];
  readonly findings: number;
  readonly critical: number;
  readonly warning: number;
  /** Problems that the inventory silences; they are in no other number. */
  readonly silenced: number;
}

/** Counts what a sweep has found. */
export function countSweep({ hosts, findings }: SweepResult): SweepCounts {
  const loud = findings.filter(isLoud);
  const troubled = new Set(loud.map(({ host }) => host));
  const count = (wanted: Finding["status"]): number =>
    loud.filter(({ status }) => status === wanted).length;
  return {
    hosts: hosts.length,
    healthy: hosts.filter((host) => !troubled.has(host)),
    findings: findings.length,
    critical: count("critical"),
    warning: count("warning"),
    silenced: findings.filter(({ silenced }) => silenced !== undefined).length,
  };
}

/** `3 critical` and `1 warning`, as far as there are any. */
export function problemCounts({ critical, warning }: SweepCounts): string[] {
  return [
    ...critical > 0 ? [`${critical} critical`] : [],
    ...warning > 0 ? [counted(warning, "warning")] : [],
  ];
}

/** Orders the worst first. */
export function byStatus(a: Pick<Finding, "status">, b: Pick<Finding, "status">): number {
  return findingStatuses.indexOf(b.status) - findingStatuses.indexOf(a.status);
}

/** What a check looks at on a host, in words: `disk-space /var`. */
export function whatOf({ check, subject }: Pick<Finding, "check" | "subject">): string {
  return subject === "" ? check : `${check} ${subject}`;
}

/** A finding's whole name: `relay01 disk-space /var`. */
export function nameOf(finding: Pick<Finding, "host" | "check" | "subject">): string {
  return `${finding.host ?? fleetName} ${whatOf(finding)}`;
}

/** What stands for the fleet itself where hosts have their names. */
export const fleetName = "(fleet)";
