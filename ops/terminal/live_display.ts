import type { Clock, Timer } from "../../tunnel/clock.ts";
import type { StampedEvent } from "../engine/run/event.ts";
import type { EventLines } from "./event_lines.ts";
import type { FleetProgress } from "./fleet_progress.ts";
import { liveView } from "./live_view.ts";
import type { Screen } from "./screen.ts";
import { formatLines } from "./span.ts";

/** Time between two frames, in ms: ten a second are smooth and cost little. */
export const frameIntervalMs = 100;
/** Lines that are left for what scrolls above. */
const rowsAbove = 2;

/** Where a live display gets and shows what it shows. */
export interface LiveDisplayOptions {
  readonly screen: Screen;
  /** Has taken each event into account before the display gets it. */
  readonly progress: FleetProgress;
  readonly lines: EventLines;
  readonly clock: Clock;
}

/** Shows a run on a terminal: lines that stay, and below them how far every host is. */
export class LiveDisplay implements Disposable {
  readonly #screen: Screen;
  readonly #progress: FleetProgress;
  readonly #lines: EventLines;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #frame = 0;
  /** What the run's time is ahead of the clock's. */
  #offsetMs = 0;

  constructor({ screen, progress, lines, clock }: LiveDisplayOptions) {
    this.#screen = screen;
    this.#progress = progress;
    this.#lines = lines;
    this.#clock = clock;
  }

  /** The sink. */
  onEvent(event: StampedEvent): void {
    const text = formatLines(this.#lines.linesOf(event), { color: this.#screen.color.stderr });
    this.#screen.stderr(text);
    if (event.type === "run_finished") return this[Symbol.dispose]();
    if (this.#timer !== undefined || event.type !== "run_started") return;
    this.#offsetMs = event.atMs - this.#clock.now();
    this.#draw();
  }

  /** Takes the live area away. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#screen.endLive();
  }

  #draw(): void {
    const { rows } = this.#screen.size();
    this.#screen.showLive(liveView(this.#progress, {
      nowMs: this.#clock.now() + this.#offsetMs,
      maxLines: Math.max(1, rows - rowsAbove),
      frame: this.#frame++,
    }));
    this.#timer = this.#clock.setTimer(() => this.#draw(), frameIntervalMs);
  }
}
