import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { escapeControls, quote } from "../../tunnel/printable.ts";
import type { ProbeReport } from "./probe.ts";

/** Outages and events shown one by one; all of them are in the JSON. */
const mostShown = 10;
const labelWidth = 14;

type Paint = (text: string) => string;

/** A report for people; several lines, without a line end. */
export function formatReport(report: ProbeReport, color: boolean): string {
  const paint = (style: Paint, text: string): string => color ? style(text) : text;
  const row = (label: string, value: string): string => `  ${label.padEnd(labelWidth)}${value}`;
  const bad = (label: string, count: number, note: string): string[] =>
    count === 0 ? [] : [row(label, `${paint(yellow, number(count))}  ${paint(dim, note)}`)];
  const problem = (count: number): string =>
    count === 0 ? paint(green, "0") : paint(yellow, number(count));

  const { sent, received, lost, pending, refused, rttMs, sendingMs } = report;
  const lines = [
    paint(bold, title(report)),
    "",
    row("received", `${number(received)} of ${number(sent)}`),
    row(
      "lost",
      lost === 0 ? paint(green, "0") : paint(red, `${number(lost)} (${report.lossPercent} %)`),
    ),
    ...bad("  never sent", refused.disconnected, "there was no connection"),
    ...bad("  never sent", refused.queueFull, "faster than the connection takes them"),
    ...bad("  never sent", refused.tooLong, "longer than the connection takes them"),
    ...bad("pending", pending, "no reply yet when the probe was interrupted"),
    row("duplicated", problem(report.duplicated)),
    row("reordered", problem(report.reordered)),
    ...bad("corrupted", report.corrupted, "replies that had changed on their way"),
    ...bad("late", report.late, "replies after their packets had been given up"),
    ...bad("unexpected", report.unexpected, "packets that answer nothing of this probe"),
    ...bad("other source", report.fromOtherSource, `replies not from ${report.destination}`),
    row("round trip", formatRtt(rttMs)),
    row("outages", formatOutages(report, paint)),
    ...report.outages.slice(0, mostShown).map(({ startMs, durationMs, lost }) =>
      row("", `at ${seconds(startMs)}: ${milliseconds(durationMs)}, ${number(lost)} lost`)
    ),
    ...more(report.outageCount),
  ];
  if (report.events.length > 0) {
    lines.push(row("connection", `made again ${times(report.reconnections)}`));
    for (const { atMs, kind, detail } of report.events.slice(0, mostShown)) {
      const text = kind === "ready" ? "Connected and registered again" : escapeControls(detail);
      lines.push(row("", `at ${seconds(atMs)}: ${text}`));
    }
    lines.push(...more(report.events.length));
  }
  if (sent > 1) {
    lines.push(row("sending", `took ${seconds(sendingMs)}, ${number(report.sendRate)} a second`));
  }
  return lines.join("\n");
}

function title(report: ProbeReport): string {
  const { relay, serviceId, protocol, payloadBytes, source, destination } = report;
  return `${quote(serviceId)} through ${escapeControls(relay)}: ${protocol.toUpperCase()} with ` +
    `${payloadBytes} bytes, ${source} to ${destination}` +
    (report.interrupted ? ", interrupted" : "");
}

function formatRtt(rtt: ProbeReport["rttMs"]): string {
  if (rtt.min === null) return "none measured";
  const values = Object.entries(rtt).map(([name, value]) => `${name} ${precise(value ?? 0)}`);
  return `${values.join("   ")} ms`;
}

function formatOutages(report: ProbeReport, paint: (style: Paint, text: string) => string): string {
  const { outageCount, longestOutageMs } = report;
  if (outageCount === 0) return paint(green, "none");
  return paint(red, `${number(outageCount)}, the longest ${milliseconds(longestOutageMs)}`);
}

function more(count: number): string[] {
  return count <= mostShown
    ? []
    : [" ".repeat(labelWidth + 2) + `and ${number(count - mostShown)} more (see --json)`];
}

function times(count: number): string {
  if (count === 0) return "never";
  return count === 1 ? "once" : `${number(count)} times`;
}

/** Three significant digits below 100, whole numbers above. */
function precise(value: number): string {
  return value >= 100 ? number(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function milliseconds(value: number): string {
  return `${number(Math.round(value))} ms`;
}

function seconds(ms: number): string {
  return `${number(Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 1)))} s`;
}

/** Digits in groups of three with commas, whatever the user's language. */
function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}
