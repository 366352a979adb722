import { bold, cyan, dim, yellow } from "@std/fmt/colors";
import type { Clock, Timer } from "../../../tunnel/clock.ts";
import { formatDuration } from "../../terminal/quantities.ts";
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
    this.#writer.print(this.#writer.lines(this.#reported, this.#screen.size().columns));
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
      : [[], ...this.#writer.lines(this.#reported, columns)];
    const lines = [this.#header(), ...body];
    const left = lines.length - room;
    const shown: Line[] = left > 0
      ? [...lines.slice(0, room - 1), [{ text: `… ${left + 1} more lines`, paint: dim }]]
      : lines;
    // It fills the terminal: what was there before is above.
    while (shown.length < room) shown.push([]);
    this.#screen.showLive(shown.slice(0, room));
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
      ? [{ text: `sweeping, ${formatDuration(nowMs - state.sinceMs)}`, paint: cyan }]
      : [{ text: `next in ${formatDuration(Math.max(0, state.untilMs - nowMs))}`, paint: dim }];
    return [
      { text: `sweep${fleet === undefined ? "" : ` of ${fleet}`}  `, paint: bold },
      ...news,
      ...lost,
      { text: "  (Ctrl-C ends)", paint: dim },
    ];
  }
}
