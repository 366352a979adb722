import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { truncate } from "../../../tunnel/printable.ts";
import { tableLines } from "../../table.ts";
import { counted, formatDuration } from "../../terminal/quantities.ts";
import { formatLine, type Line, type Paint, type Span } from "../../terminal/span.ts";
import { formatLocalTime } from "../../terminal/local_time.ts";
import { floorPercent, unknownPercent } from "./floor_percent.ts";
import { flappingRule } from "./flapping.ts";
import type { HistoryReport } from "./history_report.ts";
import type { StateName } from "./known_state.ts";
import type { PastChange } from "./past_changes.ts";
import { uptimeRatio, type UptimeWindow, uptimeWindows } from "./service_uptime.ts";
import type { SweepSeries } from "./sweep_list.ts";

/** Longest value, in UTF-16 units, that does not make all lines of a part too long to be read. */
const maxValueLength = 120;
/** Most lines of one part: what is older is in the JSON. */
const maxLines = 200;

/** What `sweep history` tells, for people: the newest is last, next to the prompt. */
export function historyText(report: HistoryReport, color: boolean): string {
  const { sweeps, series, changes, problems, flapping, uptime, nowMs } = report;
  const since = `since ${formatLocalTime(report.filter.fromMs)}`;
  const parts: Line[][] = [
    part(`${counted(sweeps.length, "sweep")} ${since}`, sweepHeader, series.flatMap(sweepRows)),
    part(
      `${counted(changes.length, "change")} ${since}`,
      ["WHEN", "WHAT", "HOST", "CHECK", "SUBJECT", "LASTED", "VALUE"],
      changes.map(changeRow),
    ),
  ];
  if (problems.length > 0) {
    parts.push(part(
      `${counted(problems.length, "problem")} at the last look`,
      ["SINCE", "STATUS", "HOST", "CHECK", "SUBJECT", "FOR", "VALUE"],
      problems.map((problem) => problemRow(problem, nowMs)),
    ));
  }
  if (flapping.length > 0) {
    parts.push(part(
      "Changing too often to trust what they are now",
      ["HOST", "CHECK", "SUBJECT", "CHANGES"],
      flapping.map(({ host, check, subject, changes: count }) => [
        ...subjectCells(host, check, subject),
        { text: `${count} in ${flappingRule.windowMs / 3_600_000} hours`, paint: yellow },
      ]),
    ));
  }
  if (uptime.length > 0) {
    parts.push(part(
      "Uptime of services, of the time in which sweeps have looked",
      ["SERVICE", "NOW", ...uptimeWindows.map(({ name }) => name)],
      uptime.map(({ service, isUp, windows }) => [
        { text: service, paint: bold },
        isUp ? { text: "up", paint: green } : { text: "down", paint: red },
        ...windows.map(uptimeCell),
      ]),
    ));
  }
  return parts
    .map((lines) => lines.map((line) => formatLine(line, { color })).join("\n"))
    .join("\n\n");
}

function part(title: string, header: readonly string[], rows: readonly Line[]): Line[] {
  const shown = rows.slice(-maxLines);
  const left = rows.length - shown.length;
  return [
    [{ text: title, paint: bold }],
    ...left > 0 ? [[{ text: `(${left} older lines: --json has them)`, paint: dim }]] : [],
    ...rows.length === 0
      ? []
      : tableLines([header.map((text) => ({ text, paint: dim })), ...shown]),
  ];
}

const sweepHeader = ["FROM", "TO", "SWEEPS", "HOSTS", "UNREACHABLE", "WARNINGS", "CRITICAL"];

function sweepRows({ first, last, count, gapMs }: SweepSeries): Line[] {
  const { hosts, isWhole, unreachable, warning, critical } = last;
  const number = (value: number, paint: Paint): Span => ({
    text: String(value),
    ...value > 0 && { paint },
  });
  return [
    ...gapMs === 0 ? [] : [[{ text: `(no sweep for ${formatDuration(gapMs)})`, paint: yellow }]],
    [
      { text: formatLocalTime(first.startedMs) },
      { text: count === 1 ? "" : formatLocalTime(last.startedMs) },
      { text: String(count) },
      { text: isWhole ? String(hosts) : `${hosts} (--limit)` },
      number(unreachable, red),
      number(warning, yellow),
      number(critical, red),
    ],
  ];
}

function changeRow(
  { kind, host, check, subject, to, value, sinceMs, untilMs }: PastChange,
): Span[] {
  return [
    { text: formatLocalTime(sinceMs) },
    { text: kind === "new" ? `new ${to}` : kind, paint: paintOf(to) },
    ...subjectCells(host, check, subject),
    { text: untilMs === undefined ? "" : formatDuration(untilMs - sinceMs) },
    { text: truncate(value, maxValueLength) },
  ];
}

function problemRow(
  { host, check, subject, to, value, sinceMs }: PastChange,
  nowMs: number,
): Span[] {
  return [
    { text: formatLocalTime(sinceMs) },
    { text: to, paint: paintOf(to) },
    ...subjectCells(host, check, subject),
    { text: formatDuration(Math.max(0, nowMs - sinceMs)) },
    { text: truncate(value, maxValueLength) },
  ];
}

function subjectCells(host: string | null, check: string, subject: string): Span[] {
  return [{ text: host ?? "(fleet)", paint: bold }, { text: check }, { text: subject }];
}

function uptimeCell(window: UptimeWindow): Span {
  const ratio = uptimeRatio(window);
  if (ratio === undefined) return { text: "not known", paint: dim };
  const unknown = window.unknownMs / (window.upMs + window.downMs + window.unknownMs);
  const percent = floorPercent(ratio);
  return {
    text: unknown < 0.01 ? percent : `${percent} (${unknownPercent(unknown)} % not known)`,
    paint: ratio === 1 ? green : ratio >= 0.99 ? yellow : red,
  };
}

function paintOf(status: StateName): Paint {
  switch (status) {
    case "ok":
      return green;
    case "warning":
      return yellow;
    case "critical":
      return red;
    case "gone":
      return dim;
  }
}
