import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { escapeControls } from "../../../tunnel/printable.ts";
import { tableLines } from "../../table.ts";
import { compressHosts } from "../../terminal/host_ranges.ts";
import { formatLine, type Line, type Paint, type Span } from "../../terminal/span.ts";
import { textWidth } from "../../terminal/text_width.ts";
import type { FindingStatus } from "../finding.ts";
import type { FindingGroup } from "./fold_findings.ts";
import { momentText } from "./moment_text.ts";
import { fleetName, whatOf } from "./reported_sweep.ts";
import { wrapText } from "./wrap_text.ts";

/** How findings are shown. */
export interface FindingTableOptions {
  /** Width of the terminal; without one, each finding has a single line, for `grep`. */
  readonly columns?: number | undefined;
  /** This machine's clock, in ms since 1970. */
  readonly nowMs: number;
}

/** The colours of good and bad. */
export const statusPaints: Readonly<Record<FindingStatus, Paint>> = {
  critical: red,
  warning: yellow,
  ok: green,
};

/** Widest list of hosts, in columns. */
const maxHostsWidth = 32;
/** Least room for what was found beside the other columns; with less, it has a line of its own. */
const leastValueWidth = 36;

/**
 * Findings in the first of three layouts that fits: all in one line; what to do below the finding;
 * each part on a line of its own. Commands are never broken: terminals do that, and give them back
 * whole when they are copied.
 */
export function findingTable(
  groups: readonly FindingGroup[],
  options: FindingTableOptions,
): Line[] {
  if (groups.length === 0) return [];
  const { columns = Infinity } = options;
  const rows = groups.map((group) => rowOf(group, options));
  const whole = tableLines([
    [...header, "FOUND", "WHAT TO DO"].map(faint),
    ...rows.map((row, i) => [...row, { text: groups[i]!.value }, { text: groups[i]!.remedy }]),
  ]);
  if (whole.every((line) => widthOf(line) <= columns)) return whole;
  const start = tableLines([header.map(faint), ...rows]);
  const startWidth = Math.max(...start.map((line) => line.reduce(addWidth, 0)));
  const room = columns - startWidth;
  if (room >= leastValueWidth) return belowEachOther(groups, start, startWidth, room);
  return groups.flatMap((group, i): Line[] => [
    rows[i]!.filter(({ text }) => text !== "").flatMap((span) => [span, { text: "  " }]),
    ...wrapText(escapeControls(group.value), columns - indent.length).map((text) => [
      { text: indent },
      { text },
    ]),
    ...remedyLines(group),
  ]);
}

const header = ["STATUS", "HOST", "CHECK", "SINCE"];
const indent = "    ";

/** @param start The lines without what was found, the header first. */
function belowEachOther(
  groups: readonly FindingGroup[],
  [head = [], ...start]: readonly Line[],
  startWidth: number,
  room: number,
): Line[] {
  return [
    [...head, faint("FOUND")],
    ...groups.flatMap((group, i): Line[] => {
      const [first = "", ...others] = wrapText(escapeControls(group.value), room);
      return [
        [...start[i]!, { text: first }],
        ...others.map((text) => [{ text: " ".repeat(startWidth) }, { text }]),
        ...remedyLines(group),
      ];
    }),
  ];
}

function remedyLines({ remedy }: FindingGroup): Line[] {
  return remedy === "" ? [] : [[{ text: `${indent}→ `, paint: dim }, { text: remedy }]];
}

function rowOf(group: FindingGroup, options: FindingTableOptions): Span[] {
  const { status, silenced, hosts } = group;
  return [
    silenced === undefined
      ? { text: status, paint: statusPaints[status] }
      : { text: "silenced", paint: dim },
    { text: hostsText(hosts), paint: bold },
    { text: whatOf(group) },
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

function newsSpan({ status, news, silenced }: FindingGroup, options: FindingTableOptions): Span {
  const { kind, sinceMs, flaps } = news;
  if (status === "ok") return { text: "" };
  if (silenced !== undefined) {
    return { text: `until ${momentText(silenced.untilMs, options.nowMs)}`, paint: dim };
  }
  if (flaps !== undefined) return { text: `flapping (${flaps} changes)`, paint: yellow };
  if (kind === "new" || kind === "worse") return { text: kind, paint: bold };
  if (kind !== undefined) return { text: kind };
  return { text: sinceMs === undefined ? "" : momentText(sinceMs, options.nowMs), paint: dim };
}

function faint(text: string): Span {
  return { text, paint: dim };
}

function widthOf(line: Line): number {
  return textWidth(formatLine(line, { color: false }));
}

function addWidth(sum: number, { text }: Span): number {
  return sum + textWidth(text);
}
