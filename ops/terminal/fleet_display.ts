import type { Clock } from "../../tunnel/clock.ts";
import type { StampedEvent } from "../engine/run/event.ts";
import { EventLines } from "./event_lines.ts";
import { FleetProgress } from "./fleet_progress.ts";
import { LiveDisplay } from "./live_display.ts";
import { PlainDisplay } from "./plain_display.ts";
import type { Screen } from "./screen.ts";

/** Where and how a run is shown. */
export interface FleetDisplayOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  /** -1 only warnings and failures; 0 what hosts come to; 1 commands and changes; 2 all. */
  readonly verbosity: number;
  /** Also shows what scripts write, line by line. */
  readonly showOutput: boolean;
  /** Whether standard error is the log of a GitHub workflow. */
  readonly isWorkflow: boolean;
}

/** Shows a run on standard error: live on a terminal, in plain lines elsewhere. */
export class FleetDisplay implements Disposable {
  /** How far the run is; its sink keeps it up to date. */
  readonly progress: FleetProgress = new FleetProgress();
  readonly #display: LiveDisplay | PlainDisplay;

  constructor({ screen, clock, verbosity, showOutput, isWorkflow }: FleetDisplayOptions) {
    const isQuiet = verbosity < 0;
    const isLive = screen.isLive && !isQuiet;
    const lines = new EventLines({ verbosity, showOutput, showDone: !isLive || verbosity > 0 });
    const { progress } = this;
    this.#display = isLive
      ? new LiveDisplay({ screen, progress, lines, clock })
      : new PlainDisplay({
        ...{ lines, isWorkflow, isQuiet, color: screen.color.stderr },
        write: (text) => screen.stderr(text),
      });
  }

  /** The sink. */
  readonly sink = (event: StampedEvent): void => {
    this.progress.apply(event);
    this.#display.onEvent(event);
  };

  /** Leaves the terminal as it should be. */
  [Symbol.dispose](): void {
    if (this.#display instanceof LiveDisplay) this.#display[Symbol.dispose]();
  }
}
