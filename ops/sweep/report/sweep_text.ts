import { bold, dim, green } from "@std/fmt/colors";
import { compressHosts } from "../../terminal/host_ranges.ts";
import { counted, formatDuration } from "../../terminal/quantities.ts";
import type { Line, Span } from "../../terminal/span.ts";
import { cutToWidth } from "../../terminal/text_width.ts";
import { isLoud } from "../finding.ts";
import type { ChangeKind } from "../history/known_state.ts";
import { fixLines } from "../fix/fix_report.ts";
import { allFixes } from "../fix/fixes.ts";
import { statusOf } from "../sweep_result.ts";
import { findingTable, type FindingTableOptions, statusPaints } from "./finding_table.ts";
import { foldFindings } from "./fold_findings.ts";
import { momentText } from "./moment_text.ts";
import {
  byStatus,
  countSweep,
  heardChanges,
  nameOf,
  problemCounts,
  type ReportedFinding,
  type ReportedSweep,
  type SweepCounts,
  toldFindings,
} from "./reported_sweep.ts";

/** How a sweep is told to people. */
export interface SweepTextOptions extends Omit<FindingTableOptions, "nowMs"> {
  /** -1: problems only; 0: what is well in one line; 1: all findings. */
  readonly verbosity: number;
  /** The command that sweeps the same again, for all hosts or for some. */
  readonly again: (hosts?: readonly string[]) => string;
}

/** Widest list of hosts that are well, in columns, where no terminal says how wide it is. */
const maxHealthyWidth = 160;
/** Most solved problems that are named, and most hosts in the advice for the next sweep. */
const maxNamed = 8;

/** What a sweep has found, for people: the worst first, and what to do below the finding. */
export function sweepLines(reported: ReportedSweep, given: SweepTextOptions): Line[] {
  const { verbosity } = given;
  const options: DatedOptions = { ...given, nowMs: endOf(reported.result) };
  const findings = toldFindings(reported);
  const problems = foldFindings(findings.filter(isLoud));
  const others = foldFindings(findings.filter((finding) => !isLoud(finding)));
  const lines = findingTable([...problems, ...verbosity > 0 ? others : []], options);
  const fixes = fixLines(reported.fixes ?? []);
  if (verbosity < 0) return [...lines, ...fixes];
  const counts = countSweep(reported.result);
  const below = [
    ...healthyLine(counts, options),
    ...silencedLine(findings, options),
    ...changeLines(reported, options),
    ...fixes,
  ];
  return [
    ...lines,
    ...lines.length > 0 && below.length > 0 ? [[]] : [],
    ...below,
    [],
    verdictLine(reported, counts, options),
    ...nextLines(findings, reported.fixes !== undefined, options),
  ];
}

/** The options with the moment from which other moments are seen. */
type DatedOptions = SweepTextOptions & FindingTableOptions;

function endOf({ startedMs, durationMs }: ReportedSweep["result"]): number {
  return startedMs + durationMs;
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
function silencedLine(findings: readonly ReportedFinding[], { nowMs }: DatedOptions): Line[] {
  const silenced = findings.filter((finding) => finding.silenced !== undefined);
  const names = silenced.map((finding) => {
    const { reason, untilMs } = finding.silenced!;
    return `${nameOf(finding)} until ${momentText(untilMs, nowMs)} (${reason})`;
  });
  return namedLine({ text: "· ", paint: dim }, "silenced", names);
}

/** What is not there any more. */
function changeLines(reported: ReportedSweep, { nowMs }: DatedOptions): Line[] {
  const sinceMs = reported.changes?.previousSweepMs;
  if (sinceMs === undefined) return [];
  const since = ` since ${momentText(sinceMs, nowMs)}`;
  const names = (wanted: ChangeKind): string[] =>
    heardChanges(reported).filter(({ kind }) => kind === wanted)
      .map(({ finding }) => nameOf(finding));
  return [
    ...namedLine({ text: "✓ ", paint: green }, `solved${since}`, names("solved")),
    ...namedLine({ text: "· ", paint: dim }, `no longer found${since}`, names("gone")),
  ];
}

/** A line with how many there are and the names of some; none when there are none. */
function namedLine(mark: Span, what: string, names: readonly string[]): Line[] {
  if (names.length === 0) return [];
  const more = names.length > maxNamed ? [`and ${names.length - maxNamed} more`] : [];
  const text = [...names.slice(0, maxNamed), ...more].join(", ");
  return [[mark, { text: `${names.length} ${what}: ` }, { text, paint: dim }]];
}

const verdictMarks = { critical: "✗ ", warning: "! ", ok: "✓ " } as const;

function verdictLine(
  reported: ReportedSweep,
  counts: SweepCounts,
  { nowMs }: DatedOptions,
): Line {
  const { result } = reported;
  const { hosts, healthy, findings } = counts;
  const status = statusOf(result);
  const paint = statusPaints[status];
  const news = heardChanges(reported).filter(({ kind }) => kind === "new").length;
  const bad = [...problemCounts(counts), ...news > 0 ? [`${news} new`] : []];
  const good = status === "ok"
    ? `all right, ${counted(hosts, "host")}, ${counted(findings, "check")}`
    : `; ${healthy.length} of ${counted(hosts, "host")} all right`;
  const took = `${formatDuration(result.durationMs)}, ${momentText(result.startedMs, nowMs)}`;
  return [
    { text: verdictMarks[status], paint },
    { text: `${result.fleet}: `, paint: bold },
    { text: bad.join(", "), paint },
    { text: good, ...status === "ok" && { paint } },
    { text: `  (${took})`, paint: dim },
  ];
}

const mendable: ReadonlySet<string> = new Set(allFixes.map(({ check }) => check));

/** What to do next. @param isMended Whether this is the account of `--fix`. */
function nextLines(
  findings: readonly ReportedFinding[],
  isMended: boolean,
  { again }: SweepTextOptions,
): Line[] {
  const problems = findings.filter(isLoud).toSorted(byStatus);
  if (problems.length === 0) return [];
  const hosts = [...new Set(problems.map(({ host }) => host))];
  const isFew = hosts.length <= maxNamed && !hosts.includes(null);
  const command = again(isFew ? hosts.flatMap((host) => host ?? []) : undefined);
  const canMend = !isMended && problems.some(({ check }) => mendable.has(check));
  return [
    [
      { text: "  Next: ", paint: bold },
      { text: `do what stands there, from the top; then look again: ${command}` },
    ],
    ...canMend
      ? [[
        { text: "    Or: ", paint: bold },
        { text: `see what can be mended for you: ${command} --fix --check` },
      ]]
      : [],
  ];
}
