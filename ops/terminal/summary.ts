import { bold, cyan, dim, green, red, yellow } from "@std/fmt/colors";
import type { HostOutcome, HostPhase } from "../engine/run/event.ts";
import { tableLines } from "../table.ts";
import { outcomeWord } from "./event_lines.ts";
import { busyMs, type FleetProgress, type HostProgress } from "./fleet_progress.ts";
import { compressHosts } from "./host_ranges.ts";
import { phaseWord } from "./live_view.ts";
import { counted, formatDuration } from "./quantities.ts";
import { formatLine, type Line, type LineFormat, type Paint, type Span } from "./span.ts";
import { cutToWidth, textWidth } from "./text_width.ts";

/** Widest column of host names; more names than fit are counted. */
const maxHostsWidth = 40;
/** Phases that took less than this everywhere are left out, in ms. */
const leastPhaseMs = 50;

/**
 * What a run has come to, for people: a table in which hosts that are alike share a row, and how
 * long what took.
 */
export function summaryText(progress: FleetProgress, format: LineFormat): string {
  const hosts = [...progress.hosts.values()];
  const sections = [hostRows(hosts), timeRows(hosts, progress.lastMs)];
  return sections.filter(({ length }) => length > 0).map((lines) =>
    lines.map((line) => formatLine(line, format)).join("\n")
  ).join("\n\n");
}

/** Rows of hosts with the same role, releases, outcome and number of changes. */
function hostRows(hosts: readonly HostProgress[]): Line[] {
  const groups = Map.groupBy(hosts, ({ role, result }) =>
    JSON.stringify([
      role,
      result?.outcome,
      result?.releaseBefore,
      result?.releaseAfter,
      result?.changed,
    ]));
  const rows = [...groups.values()].map((members): Span[] => {
    const { role, result } = members[0]!;
    const slowestMs = Math.max(...members.map(busyMs));
    const outcome = result?.outcome ?? "skipped";
    return [
      { text: hostsText(members), paint: bold },
      { text: role },
      {
        text: outcome === "done" ? outcome : outcomeWord[outcome],
        paint: outcomePaint[outcome],
      },
      { text: String(result?.changed ?? 0), paint: result?.changed ? yellow : dim },
      { text: formatDuration(slowestMs) },
      { text: releaseText(result?.releaseBefore ?? null, result?.releaseAfter ?? null) },
    ];
  });
  return table(["HOST", "ROLE", "RESULT", "CHANGED", "TIME", "RELEASE"], rows);
}

const outcomePaint: Readonly<Record<HostOutcome, Paint>> = {
  done: green,
  failed: red,
  unreachable: red,
  rolled_back: red,
  skipped: yellow,
};

/** How long each phase took: on the median and on the slowest host. */
function timeRows(hosts: readonly HostProgress[], totalMs: number): Line[] {
  const phases = new Map<HostPhase, { readonly host: string; readonly ms: number }[]>();
  for (const { host, spentMs } of hosts) {
    for (const [phase, ms] of spentMs) {
      if (phase === "waiting") continue;
      phases.set(phase, [...(phases.get(phase) ?? []), { host, ms }]);
    }
  }
  const rows = [...phases].flatMap(([phase, times]): Span[][] => {
    const sorted = times.toSorted((a, b) => a.ms - b.ms);
    const slowest = sorted.at(-1)!;
    if (slowest.ms < leastPhaseMs) return [];
    const median = sorted[Math.floor((sorted.length - 1) / 2)]!;
    return [[
      { text: phaseWord(phase), paint: cyan },
      { text: String(sorted.length) },
      { text: formatDuration(median.ms) },
      { text: formatDuration(slowest.ms) },
      { text: sorted.length > 1 ? slowest.host : "" },
    ]];
  });
  if (rows.length === 0) return [];
  return [
    ...table(["STEP", "HOSTS", "MEDIAN", "SLOWEST", ""], rows),
    [{ text: `${counted(hosts.length, "host")} in ${formatDuration(totalMs)}`, paint: dim }],
  ];
}

function table(head: readonly string[], rows: readonly (readonly Span[])[]): Line[] {
  return rows.length === 0 ? [] : tableLines([head.map((text) => ({ text, paint: dim })), ...rows]);
}

function hostsText(members: readonly HostProgress[]): string {
  const names = compressHosts(members.map(({ host }) => host));
  if (textWidth(names) <= maxHostsWidth) return names;
  const count = counted(members.length, "host");
  return `${count}: ${cutToWidth(names, maxHostsWidth - count.length - 2)}`;
}

function releaseText(before: string | null, after: string | null): string {
  if (before === after) return after ?? "-";
  return before === null ? `${after}` : `${before} → ${after ?? "unknown"}`;
}
