import { bold, cyan, dim, green, red, yellow } from "@std/fmt/colors";
import type { HostPhase } from "../engine/run/event.ts";
import { outcomeWord } from "./event_lines.ts";
import type { FleetProgress, HostProgress, UploadState } from "./fleet_progress.ts";
import { compressHosts } from "./host_ranges.ts";
import { formatBytes, formatClock } from "./quantities.ts";
import type { Line, Paint, Span } from "./span.ts";
import { cutToWidth, padToWidth, textWidth } from "./text_width.ts";

/** What a frame of the live area depends on besides the progress. */
export interface FrameOptions {
  /** In the run's time. */
  readonly nowMs: number;
  /** Lines that may be used. */
  readonly maxLines: number;
  /** Counts up by 1 from frame to frame. */
  readonly frame: number;
}

const spinner = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];
const barCells = 12;
/** Wide enough for the longest phase. */
const phaseWidth = 12;
const maxHostWidth = 24;

/**
 * What the live area shows: a line for every host that is at work or has failed, as far as there is
 * room, and one for all those that wait, and for those that are done.
 */
export function liveView(progress: FleetProgress, options: FrameOptions): Line[] {
  const hosts = [...progress.hosts.values()];
  const broken = hosts.filter(({ result }) => result !== undefined && isFailure(result.outcome));
  const ended = hosts.filter(({ result }) => result !== undefined && !isFailure(result.outcome));
  const open = hosts.filter(({ result }) => result === undefined);
  const waiting = open.filter(isWaiting);
  const active = open.filter((host) => !isWaiting(host));
  const hostWidth = Math.min(
    maxHostWidth,
    Math.max(8, ...[...broken, ...active].map(({ host }) => textWidth(host))),
  );

  const counts = { done: ended, failed: broken, "at work": active, waiting };
  const below = [...waitingLines(waiting), ...endedLines(ended)].slice(0, maxFoldedLines);
  let room = options.maxLines - 1 - below.length;
  const failed = fitted(
    broken,
    Math.max(1, Math.ceil(room / 3)),
    (host) => failedLine(host, hostWidth),
    (others) => folded("✗", red, `${others.length} more failed`, others),
  );
  room -= failed.length;
  const working = fitted(
    active,
    Math.max(1, room),
    (host) => activeLine(host, hostWidth, options),
    (others) => folded(spinnerOf(options), cyan, phaseCounts(others), others),
  );
  const all = [header(progress, counts, options), ...failed, ...working, ...below];
  return all.slice(0, options.maxLines);
}

/** Most lines for hosts that wait or are done. */
const maxFoldedLines = 3;

function isFailure(outcome: string): outcome is "failed" | "unreachable" | "rolled_back" {
  return outcome === "failed" || outcome === "unreachable" || outcome === "rolled_back";
}

function isWaiting({ phase }: HostProgress): boolean {
  return phase === undefined || phase === "waiting";
}

function header(
  { run, batch }: FleetProgress,
  counts: Readonly<Record<string, readonly HostProgress[]>>,
  { nowMs }: FrameOptions,
): Line {
  const spans: Span[] = [
    { text: `${formatClock(nowMs)}  `, paint: dim },
    { text: run?.command ?? "", paint: bold },
  ];
  if (batch !== undefined && batch.of > 1) {
    spans.push({ text: `  batch ${batch.index} of ${batch.of}` });
  }
  for (const [name, { length }] of Object.entries(counts)) {
    if (length > 0) spans.push({ text: `  ${length} ${name}`, paint: countPaint[name] ?? dim });
  }
  return spans;
}

const countPaint: Readonly<Record<string, Paint>> = {
  done: green,
  failed: red,
  "at work": cyan,
};

/** As many lines as fit, the last one for all those that don't. */
function fitted(
  hosts: readonly HostProgress[],
  room: number,
  lineOf: (host: HostProgress) => Line,
  foldedLine: (others: readonly HostProgress[]) => Line,
): Line[] {
  if (hosts.length <= room) return hosts.map(lineOf);
  return [...hosts.slice(0, room - 1).map(lineOf), foldedLine(hosts.slice(room - 1))];
}

function failedLine({ host, result }: HostProgress, hostWidth: number): Line {
  const word = result === undefined || result.outcome === "done" ? "" : outcomeWord[result.outcome];
  const [reason = ""] = result?.error?.split("\n") ?? [];
  return [
    { text: "  ✗ ", paint: red },
    ...columns(host, hostWidth, word, red),
    { text: reason },
  ];
}

function activeLine(host: HostProgress, hostWidth: number, options: FrameOptions): Line {
  const { phase, upload, detail = "" } = host;
  const elapsed = formatClock(options.nowMs - host.phaseSinceMs).padStart(5);
  return [
    { text: `  ${spinnerOf(options)} `, paint: cyan },
    ...columns(host.host, hostWidth, phase === undefined ? "" : phaseWord(phase), cyan),
    { text: `${elapsed}  `, paint: dim },
    ...(upload === undefined ? [] : uploadSpans(upload)),
    { text: detail },
  ];
}

function columns(host: string, hostWidth: number, word: string, paint: Paint): Span[] {
  return [
    { text: `${padToWidth(cutToWidth(host, hostWidth), hostWidth)}  `, paint: bold },
    { text: `${word.padEnd(phaseWidth)}  `, paint },
  ];
}

function uploadSpans({ bytes, of, bytesPerSecond }: UploadState): Span[] {
  const share = of === 0 ? 1 : Math.min(1, bytes / of);
  const full = Math.floor(share * barCells);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const speed = bytesPerSecond > 0 ? `, ${formatBytes(bytesPerSecond)}/s` : "";
  return [
    { text: "█".repeat(full), paint: green },
    { text: "░".repeat(barCells - full), paint: dim },
    { text: `${percent} of ${formatBytes(of)}${speed}  ` },
  ];
}

/** A line for each thing that hosts wait for, most hosts first. */
function waitingLines(waiting: readonly HostProgress[]): Line[] {
  const groups = Map.groupBy(waiting, ({ detail }) => detail ?? "");
  return [...groups].sort(([, a], [, b]) => b.length - a.length).map(([detail, hosts]) =>
    folded("·", dim, detail === "" ? "waiting" : `waiting: ${detail}`, hosts)
  );
}

function endedLines(ended: readonly HostProgress[]): Line[] {
  const groups = Map.groupBy(ended, ({ result }) => result?.outcome ?? "done");
  return [...groups].map(([outcome, hosts]) =>
    outcome === "done" ? folded("✓", green, "done", hosts) : folded("·", yellow, outcome, hosts)
  );
}

function folded(
  mark: string,
  paint: Paint,
  what: string,
  hosts: readonly HostProgress[],
): Line {
  const names = compressHosts(hosts.map(({ host }) => host));
  return [{ text: `  ${mark} ${what}  `, paint }, { text: names, paint: dim }];
}

/** `3 uploading, 1 connecting`, of hosts for which there is no room. */
function phaseCounts(hosts: readonly HostProgress[]): string {
  const groups = Map.groupBy(hosts, ({ phase }) => phase ?? "waiting");
  return [...groups].map(([phase, { length }]) => `${length} ${phaseWord(phase)}`).join(", ");
}

/** A phase as people read it. */
export function phaseWord(phase: HostPhase): string {
  return phase.replaceAll("_", " ");
}

function spinnerOf({ frame }: FrameOptions): string {
  return spinner[frame % spinner.length] ?? "";
}
