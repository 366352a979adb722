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
  /** Breaks what to do, too: for where longer lines are cut. */
  readonly breaksCommands?: boolean;
  /** From when moments are seen, in ms since 1970: those of that day have no date. */
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
  const { header, rows } = withoutEmptyNews(groups.map((group) => rowOf(group, options)));
  const whole = tableLines([
    [...header, "FOUND", "WHAT TO DO"].map(faint),
    ...rows.map((row, i) => [...row, { text: groups[i]!.value }, { text: groups[i]!.remedy }]),
  ]);
  if (whole.every((line) => widthOf(line) <= columns)) return whole;
  const start = tableLines([header.map(faint), ...rows]);
  const startWidth = start[0]!.reduce((sum, { text }) => sum + textWidth(text), 0);
  const room = columns - startWidth;
  const remedyLines = ({ remedy }: FindingGroup): Line[] => remedyOf(remedy, options);
  if (room >= leastValueWidth) {
    const [head = [], ...body] = start;
    return [
      [...head, faint("FOUND")],
      ...groups.flatMap((group, i) => [
        ...hung(body[i]!, startWidth, wrapText(escapeControls(group.value), room)),
        ...remedyLines(group),
      ]),
    ];
  }
  return groups.flatMap((group, i): Line[] => [
    rows[i]!.filter(({ text }) => text !== "").flatMap((span) => [span, { text: "  " }]),
    ...hung(
      [{ text: indent }],
      indent.length,
      wrapText(escapeControls(group.value), columns - indent.length),
    ),
    ...remedyLines(group),
  ]);
}

/** Leaves out the last column, and its title, when it is empty. */
function withoutEmptyNews(
  rows: readonly Span[][],
): { readonly header: readonly string[]; readonly rows: readonly Span[][] } {
  const header = ["STATUS", "HOST", "CHECK", "SINCE"];
  return rows.some((row) => row.at(-1)!.text !== "")
    ? { header, rows }
    : { header: header.slice(0, -1), rows: rows.map((row) => row.slice(0, -1)) };
}

const indent = "    ";

/** Texts below each other, the first behind the beginning of a line that takes `width` columns. */
function hung(start: Line, width: number, [first = "", ...others]: readonly string[]): Line[] {
  return [
    [...start, { text: first }],
    ...others.map((text) => [{ text: " ".repeat(width) }, { text }]),
  ];
}

const arrow = `${indent}→ `;

function remedyOf(remedy: string, { columns, breaksCommands }: FindingTableOptions): Line[] {
  if (remedy === "") return [];
  const texts = columns !== undefined && breaksCommands
    ? wrapText(escapeControls(remedy), columns - arrow.length)
    : [remedy];
  return hung([{ text: arrow, paint: dim }], arrow.length, texts);
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
