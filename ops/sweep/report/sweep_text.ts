import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { tableLines } from "../../table.ts";
import { compressHosts } from "../../terminal/host_ranges.ts";
import { formatLocalTime } from "../../terminal/local_time.ts";
import { counted, formatDuration } from "../../terminal/quantities.ts";
import { formatLine, type Line, type Paint, type Span } from "../../terminal/span.ts";
import { cutToWidth, textWidth } from "../../terminal/text_width.ts";
import { statusOf } from "../sweep_result.ts";
import { type FindingStatus, isLoud } from "../finding.ts";
import type { ChangeKind } from "../history/known_state.ts";
import { type FindingGroup, foldFindings } from "./fold_findings.ts";
import {
  byStatus,
  countSweep,
  fleetName,
  nameOf,
  type ReportedFinding,
  reportedFindings,
  type ReportedSweep,
  type SweepCounts,
  whatOf,
} from "./reported_sweep.ts";

/** How a sweep is told to people. */
export interface SweepTextOptions {
  /** -1: problems only; 0: what is well in one line; 1: all findings. */
  readonly verbosity: number;
  /** Width of the terminal; without one, each problem has a single line, for `grep`. */
  readonly columns?: number | undefined;
  /** This machine's clock, in ms since 1970. */
  readonly nowMs: number;
  /** The command that sweeps the same again, for all hosts or for some. */
  readonly again: (hosts?: readonly string[]) => string;
}

/** Widest list of hosts in the table, in columns. */
const maxHostsWidth = 32;
/** Widest list of what is well, in columns. */
const maxHealthyWidth = 160;
/** Most solved problems that are named, and most hosts in the advice for the next sweep. */
const maxNamed = 8;

const paints: Readonly<Record<FindingStatus, Paint>> = {
  critical: red,
  warning: yellow,
  ok: green,
};

/** What a sweep has found, for people: the worst first, and what to do below the finding. */
export function sweepLines(reported: ReportedSweep, options: SweepTextOptions): Line[] {
  const { verbosity } = options;
  const findings = reportedFindings(reported);
  const problems = foldFindings(findings.filter(isLoud));
  const others = foldFindings(findings.filter((finding) => !isLoud(finding)));
  const lines = groupLines([...problems, ...verbosity > 0 ? others : []], options);
  if (verbosity < 0) return lines;
  const counts = countSweep(reported.result);
  const below = [
    ...healthyLine(counts, options),
    ...silencedLine(findings, options),
    ...changeLines(reported, options),
  ];
  return [
    ...lines,
    ...lines.length > 0 && below.length > 0 ? [[]] : [],
    ...below,
    [],
    verdictLine(reported, counts, options),
    ...nextLine(findings, options),
  ];
}

/** A table of groups; the layout is the first that fits in the terminal. */
function groupLines(groups: readonly FindingGroup[], options: SweepTextOptions): Line[] {
  if (groups.length === 0) return [];
  const { columns } = options;
  const rows = groups.map((group) => rowOf(group, options));
  const fits = (lines: readonly Line[]): boolean =>
    columns === undefined ||
    lines.every((line) => textWidth(formatLine(line, { color: false })) <= columns);
  const header = ["STATUS", "HOST", "CHECK", "FOUND", "SINCE"];
  const whole = tableLines([
    [...header, "WHAT TO DO"].map(faint),
    ...rows.map((row, i) => [...row, { text: groups[i]!.remedy }]),
  ]);
  if (fits(whole)) return whole;
  const table = tableLines([header.map(faint), ...rows]);
  if (fits(table)) {
    const [head = [], ...body] = table;
    return [head, ...body.flatMap((line, i) => [line, ...remedyLines(groups[i]!)])];
  }
  return rows.flatMap(([status, hosts, what, value, since], i) => [
    [status!, space, hosts!, space, what!, ...since!.text === "" ? [] : [space, since!]],
    [{ text: "    " }, value!],
    ...remedyLines(groups[i]!),
  ]);
}

const space: Span = { text: "  " };

function remedyLines({ remedy }: FindingGroup): Line[] {
  return remedy === "" ? [] : [[{ text: "    → ", paint: dim }, { text: remedy }]];
}

function rowOf(group: FindingGroup, options: SweepTextOptions): Span[] {
  return [
    group.silenced === undefined
      ? { text: group.status, paint: paints[group.status] }
      : { text: "silenced", paint: dim },
    { text: hostsText(group.hosts), paint: bold },
    { text: whatOf(group) },
    { text: group.value },
    newsSpan(group, options),
  ];
}

/** All names in the least space, or the first two and how many more. */
function hostsText(hosts: readonly string[]): string {
  if (hosts.length === 0) return fleetName;
  const all = compressHosts(hosts);
  if (hosts.length <= 2 || textWidth(all) <= maxHostsWidth) return all;
  return `${hosts.slice(0, 2).join(", ")} and ${hosts.length - 2} more`;
}

function newsSpan({ status, news, silenced }: FindingGroup, options: SweepTextOptions): Span {
  const { kind, sinceMs, flaps } = news;
  if (status === "ok") return { text: "" };
  if (silenced !== undefined) {
    return { text: `until ${momentText(silenced.untilMs, options)}`, paint: dim };
  }
  if (flaps !== undefined) return { text: `flapping (${flaps} changes)`, paint: yellow };
  if (kind === "new" || kind === "worse") return { text: kind, paint: bold };
  if (kind !== undefined) return { text: kind };
  return { text: sinceMs === undefined ? "" : momentText(sinceMs, options), paint: dim };
}

function healthyLine({ hosts, healthy }: SweepCounts, options: SweepTextOptions): Line[] {
  if (healthy.length === 0) return [];
  const count = healthy.length === hosts && hosts > 1 ? `All ${hosts}` : `${healthy.length}`;
  const start = `${count} ${healthy.length === 1 ? "host" : "hosts"} all right: `;
  const width = (options.columns ?? maxHealthyWidth) - start.length - 2;
  const names = options.verbosity > 0
    ? compressHosts(healthy)
    : cutToWidth(compressHosts(healthy), Math.max(20, width));
  return [[{ text: "✓ ", paint: green }, { text: start }, { text: names, paint: dim }]];
}

/** Problems that are known, and not to be heard of. */
function silencedLine(findings: readonly ReportedFinding[], options: SweepTextOptions): Line[] {
  const silenced = findings.filter((finding) => finding.silenced !== undefined);
  const names = silenced.map((finding) => {
    const { reason, untilMs } = finding.silenced!;
    return `${nameOf(finding)} until ${momentText(untilMs, options)} (${reason})`;
  });
  return namedLine({ text: "· ", paint: dim }, "silenced", names);
}

/** What is not there any more. */
function changeLines({ changes }: ReportedSweep, options: SweepTextOptions): Line[] {
  if (changes === undefined) return [];
  const since = changes.previousSweepMs === undefined
    ? ""
    : ` since ${momentText(changes.previousSweepMs, options)}`;
  const names = (wanted: ChangeKind): string[] =>
    changes.changes.filter(({ kind }) => kind === wanted).map(({ finding }) => nameOf(finding));
  return [
    ...namedLine({ text: "✓ ", paint: green }, `solved${since}`, names("solved")),
    ...namedLine({ text: "· ", paint: dim }, `not looked at any more${since}`, names("gone")),
  ];
}

/** A line with how many there are and the names of some; none when there are none. */
function namedLine(mark: Span, what: string, names: readonly string[]): Line[] {
  if (names.length === 0) return [];
  const more = names.length > maxNamed ? [`and ${names.length - maxNamed} more`] : [];
  const text = [...names.slice(0, maxNamed), ...more].join(", ");
  return [[mark, { text: `${names.length} ${what}: ` }, { text, paint: dim }]];
}

function verdictLine(
  { result, changes }: ReportedSweep,
  counts: SweepCounts,
  options: SweepTextOptions,
): Line {
  const { critical, warning, hosts, healthy, findings } = counts;
  const status = statusOf(result);
  const news = changes?.changes.filter(({ kind }) => kind === "new").length ?? 0;
  const isFirst = changes?.previousSweepMs === undefined;
  const parts = [
    ...critical > 0 ? [`${critical} critical`] : [],
    ...warning > 0 ? [counted(warning, "warning")] : [],
    ...news > 0 && !isFirst ? [`${news} new`] : [],
    status === "ok"
      ? `all right, ${counted(hosts, "host")}, ${counted(findings, "check")}`
      : `${healthy.length} of ${counted(hosts, "host")} all right`,
  ];
  return [
    { text: status === "ok" ? "✓ " : status === "warning" ? "! " : "✗ ", paint: paints[status] },
    { text: `${result.fleet}: `, paint: bold },
    { text: parts.join(", "), paint: paints[status] },
    {
      text: `  (${formatDuration(result.durationMs)}, ${momentText(result.startedMs, options)})`,
      paint: dim,
    },
  ];
}

/** What to do next. */
function nextLine(findings: readonly ReportedFinding[], { again }: SweepTextOptions): Line[] {
  const problems = findings.filter(isLoud).toSorted(byStatus);
  if (problems.length === 0) return [];
  const hosts = [...new Set(problems.map(({ host }) => host))];
  const isFew = hosts.length <= maxNamed && !hosts.includes(null);
  const command = again(isFew ? hosts.flatMap((host) => host ?? []) : undefined);
  return [[
    { text: "  Next: ", paint: bold },
    { text: `do what stands there, from the top; then look again: ${command}` },
  ]];
}

/** A moment as short as it can be: the time alone, when it is today's. */
function momentText(ms: number, { nowMs }: SweepTextOptions): string {
  const text = formatLocalTime(ms);
  const [day, time = ""] = text.split(" ");
  return day === formatLocalTime(nowMs).split(" ")[0] ? time : text;
}

function faint(text: string): Span {
  return { text, paint: dim };
}
