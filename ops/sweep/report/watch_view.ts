import { bold, cyan, dim, yellow } from "@std/fmt/colors";
import type { Clock, Timer } from "../../../tunnel/clock.ts";
import { formatClock } from "../../terminal/quantities.ts";
import type { Screen } from "../../terminal/screen.ts";
import type { Line } from "../../terminal/span.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import type { ReportWriter } from "./report_writer.ts";

/** Between two frames, in ms: what moves is a number of seconds. */
const frameMs = 1000;

/** Where a view of sweeps is drawn. */
export interface WatchViewOptions {
  readonly screen: Screen;
  readonly writer: Pick<ReportWriter, "lines" | "print">;
  readonly clock: Clock;
}

/** What is going on; times by the clock. */
type State =
  | { readonly kind: "sweeping"; readonly sinceMs: number }
  | { readonly kind: "waiting"; readonly untilMs: number };

/** The last sweep on a whole terminal, and when the next one comes. */
export class WatchView implements Disposable {
  readonly #screen: Screen;
  readonly #writer: WatchViewOptions["writer"];
  readonly #clock: Clock;
  #state: State | undefined;
  #reported: ReportedSweep | undefined;
  #timer: Timer | undefined;

  constructor({ screen, writer, clock }: WatchViewOptions) {
    this.#screen = screen;
    this.#writer = writer;
    this.#clock = clock;
  }

  /** A sweep begins. */
  begin(): void {
    this.#change({ kind: "sweeping", sinceMs: this.#clock.now() });
  }

  /** A sweep has ended. */
  show(reported: ReportedSweep): void {
    this.#reported = reported;
  }

  /** Nothing happens for a while. */
  wait(ms: number): void {
    this.#change({ kind: "waiting", untilMs: this.#clock.now() + ms });
  }

  /** Gives the terminal back, with the last sweep on it. */
  end(): void {
    this[Symbol.dispose]();
    if (this.#reported === undefined) return;
    this.#writer.print(
      this.#writer.lines(this.#reported, { columns: this.#screen.size().columns }),
    );
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#screen.endLive();
  }

  #change(state: State): void {
    this.#state = state;
    this.#timer?.[Symbol.dispose]();
    this.#draw();
  }

  #draw(): void {
    const { rows, columns } = this.#screen.size();
    const room = Math.max(1, rows - 1);
    const body = this.#reported === undefined
      ? []
      : [[], ...this.#writer.lines(this.#reported, { columns, breaksCommands: true })];
    const lines = [this.#header(), ...body];
    const shown = fitted(lines, room);
    // It fills the terminal: what was there before is above.
    while (shown.length < room) shown.push([]);
    this.#screen.showLive(shown);
    this.#timer = this.#clock.setTimer(() => this.#draw(), frameMs);
  }

  #header(): Line {
    const nowMs = this.#clock.now();
    const state = this.#state;
    const fleet = this.#reported?.result.fleet;
    const lost = this.#reported !== undefined && this.#reported.changes === undefined
      ? [{ text: "  no history: what is new is not known", paint: yellow }]
      : [];
    const news = state === undefined
      ? []
      : state.kind === "sweeping"
      ? [{ text: `sweeping, ${secondsText(nowMs - state.sinceMs)}`, paint: cyan }]
      : [{ text: `next in ${secondsText(state.untilMs - nowMs)}`, paint: dim }];
    return [
      { text: `sweep${fleet === undefined ? "" : ` of ${fleet}`}  `, paint: bold },
      ...news,
      ...lost,
      { text: "  (Ctrl-C ends)", paint: dim },
    ];
  }
}

/** Lines that are kept at the end: what it has come to. */
const keptAtEnd = 3;

/** As many lines as there is room for, and how many are missing. */
function fitted(lines: readonly Line[], room: number): Line[] {
  const left = lines.length - room;
  if (left <= 0) return [...lines];
  const start = Math.max(0, room - 1 - keptAtEnd);
  const more: Line = [{ text: `… ${left + 1} more lines`, paint: dim }];
  return [...lines.slice(0, start), more, ...lines.slice(-keptAtEnd)].slice(0, room);
}

/** Whole seconds, rounded so that a countdown ends with 1. */
function secondsText(ms: number): string {
  return formatClock(Math.ceil(Math.max(0, ms) / 1000) * 1000);
}
