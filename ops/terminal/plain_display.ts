import { escapeControls } from "../../tunnel/printable.ts";
import { dim } from "@std/fmt/colors";
import type { HostPhase, HostState, StampedEvent, UploadProgress } from "../engine/run/event.ts";
import type { EventLines } from "./event_lines.ts";
import { phaseWord } from "./live_view.ts";
import { formatBytes, formatDuration } from "./quantities.ts";
import { formatLines, type Line, type Span } from "./span.ts";
import {
  type Annotation,
  annotationLine,
  endGroupLine,
  groupLine,
  withoutCommands,
} from "./workflow_commands.ts";

/** Time between two lines about one upload, in ms. */
const uploadIntervalMs = 10_000;

/** What was said of a host last. */
interface ShownState {
  readonly phase: HostPhase;
  readonly detail: string | undefined;
  readonly sinceMs: number;
  uploadShownMs: number;
}

/** Where and how a plain display shows what it shows. */
export interface PlainDisplayOptions {
  readonly write: (text: string) => void;
  readonly color: boolean;
  /** Folds batches and annotates failures in the log of GitHub Actions. */
  readonly isWorkflow: boolean;
  /** Leaves out what hosts are at. */
  readonly isQuiet: boolean;
  readonly lines: EventLines;
}

/** Shows a run in lines, one for each thing that a host begins, with what the one before took. */
export class PlainDisplay {
  readonly #options: PlainDisplayOptions;
  readonly #hosts = new Map<string, ShownState>();
  #hasGroup = false;

  constructor(options: PlainDisplayOptions) {
    this.#options = options;
  }

  /** The sink. */
  onEvent(event: StampedEvent): void {
    const { write, color, isWorkflow, lines } = this.#options;
    if (isWorkflow) this.#endGroup(event);
    const shown = [...lines.linesOf(event), ...this.#stateLines(event)];
    if (isWorkflow) this.#beginGroup(event);
    const text = formatLines(shown, { color });
    write(isWorkflow ? withoutCommands(text) : text);
    const annotation = isWorkflow ? annotationOf(event) : undefined;
    if (annotation !== undefined) write(`${escapeControls(annotationLine(annotation))}\n`);
  }

  #stateLines(event: StampedEvent): Line[] {
    if (this.#options.isQuiet) return [];
    if (event.type === "host_state") return this.#phaseLines(event, event.atMs);
    return event.type === "upload_progress" ? this.#uploadLines(event, event.atMs) : [];
  }

  #phaseLines({ host, phase, detail }: HostState, atMs: number): Line[] {
    const before = this.#hosts.get(host);
    const isSamePhase = before?.phase === phase;
    if (isSamePhase && before.detail === detail) return [];
    const sinceMs = isSamePhase ? before.sinceMs : atMs;
    this.#hosts.set(host, { phase, detail, sinceMs, uploadShownMs: atMs });
    const what = phaseWord(phase) + (detail === undefined ? "" : `: ${detail}`);
    const took = isSamePhase ? [] : tookSpans(before, atMs);
    return [[...this.#column(host), { text: what }, ...took]];
  }

  #uploadLines({ host, bytes, of }: UploadProgress, atMs: number): Line[] {
    const state = this.#hosts.get(host);
    if (state === undefined || atMs - state.uploadShownMs < uploadIntervalMs) return [];
    state.uploadShownMs = atMs;
    const text = `uploading: ${formatBytes(bytes)} of ${formatBytes(of)}`;
    return [[...this.#column(host), { text }]];
  }

  #column(host: string): Span[] {
    return [{ text: "    " }, this.#options.lines.hostColumn(host)];
  }

  #beginGroup(event: StampedEvent): void {
    if (event.type !== "batch_started" || this.#options.isQuiet) return;
    this.#hasGroup = true;
    const title = groupLine(`Batch ${event.index} of ${event.of}`);
    this.#options.write(`${title}\n`);
  }

  #endGroup({ type }: StampedEvent): void {
    if (!this.#hasGroup || (type !== "batch_finished" && type !== "run_finished")) return;
    this.#hasGroup = false;
    this.#options.write(`${endGroupLine}\n`);
  }
}

function tookSpans(before: ShownState | undefined, atMs: number): Span[] {
  if (before === undefined) return [];
  const took = formatDuration(atMs - before.sinceMs);
  return [{ text: `  (${phaseWord(before.phase)}: ${took})`, paint: dim }];
}

function annotationOf(event: StampedEvent): Annotation | undefined {
  if (event.type === "warning") {
    return { kind: "warning", title: event.host ?? "ztna-fleet", text: event.text };
  }
  if (event.type !== "host_finished" || event.error === undefined) return undefined;
  return { kind: "error", title: event.host, text: event.error };
}
