import { isLoud } from "../finding.ts";
import { foldTexts, patternOf } from "./fold_texts.ts";
import { byStatus, type News, type ReportedFinding } from "./reported_sweep.ts";

/** Findings of several hosts that say the same. */
export interface FindingGroup extends Omit<ReportedFinding, "host" | "measure"> {
  /** Names in the order of the sweep; none for a finding of the whole fleet. */
  readonly hosts: readonly string[];
}

/** Longest list of hosts in a command line, in UTF-16 units; more have to be put in by hand. */
const maxHostList = 240;

/**
 * Puts findings together that differ in nothing but their host and one quantity, the worst first:
 * of equally bad ones what is new first, then what most hosts have.
 */
export function foldFindings(findings: readonly ReportedFinding[]): FindingGroup[] {
  const alike = Map.groupBy(findings, (finding) => {
    const { host, check, subject, status, value, remedy, news, silenced } = finding;
    return JSON.stringify([
      ...[status, check, subject, host === null, silenced ?? null],
      ...[news.kind ?? null, news.flaps !== undefined],
      ...[patternOf(value), templateOf(remedy, host)],
    ]);
  });
  return [...alike.values()].flatMap(splitByValue).map(groupOf).sort((a, b) =>
    byStatus(a, b) || Number(isFresh(b)) - Number(isFresh(a)) || b.hosts.length - a.hosts.length
  );
}

/** Whether somebody who has seen the sweep before has not seen this. */
export function isFresh(
  { news: { kind }, ...finding }: Pick<FindingGroup, "status" | "silenced" | "news">,
): boolean {
  return isLoud(finding) && (kind === "new" || kind === "worse");
}

/** All together when their values are one quantity, else those with equal values. */
function splitByValue(findings: readonly ReportedFinding[]): (readonly ReportedFinding[])[] {
  if (foldTexts(findings.map(({ value }) => value)) !== undefined) return [findings];
  return [...Map.groupBy(findings, ({ value }) => value).values()];
}

function groupOf(findings: readonly ReportedFinding[]): FindingGroup {
  const { check, subject, status, silenced } = findings[0]!;
  return {
    ...{ check, subject, status },
    ...silenced !== undefined && { silenced },
    hosts: findings.flatMap(({ host }) => host ?? []),
    value: foldTexts(findings.map(({ value }) => value))!,
    remedy: remedyOf(findings),
    news: earliest(findings.map(({ news }) => news)),
  };
}

function earliest(all: readonly News[]): News {
  const since = all.flatMap(({ sinceMs }) => sinceMs ?? []);
  const flaps = all.flatMap((news) => news.flaps ?? []);
  return {
    kind: all[0]!.kind,
    sinceMs: since.length === 0 ? undefined : since.reduce((a, b) => Math.min(a, b)),
    flaps: flaps.length === 0 ? undefined : flaps.reduce((a, b) => Math.max(a, b)),
  };
}

/** Where hosts differ in a remedy. No text of ours has it. */
const hole = "\0";

function templateOf(remedy: string, host: string | null): string {
  if (host === null || host === "" || remedy === "") return remedy;
  return remedy.replaceAll(
    new RegExp(`(?<![\\w.-])${RegExp.escape(host)}(?![\\w-]|\\.\\w)`, "g"),
    hole,
  );
}

/**
 * The remedy for all of some findings that are alike: commands of ours take hosts with commas
 * between them.
 */
export function remedyOf(
  findings: readonly Pick<ReportedFinding, "host" | "remedy">[],
): string {
  const { remedy, host } = findings[0]!;
  if (findings.every((other) => other.remedy === remedy)) return remedy;
  const names = findings.map((finding) => finding.host).join(",");
  const list = names.length <= maxHostList ? names : "HOST";
  return templateOf(remedy, host)
    .replaceAll(/(?<=--limit |\bexec (?:-i \S+ )+)\0(?= |$)/g, () => list)
    .replaceAll(hole, "HOST");
}
