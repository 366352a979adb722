import { escapeControls } from "../../tunnel/printable.ts";
import type { ProbeProgress, RunEvent } from "./probe_run.ts";

/** On anything but a terminal, one line of progress in so many seconds is enough. */
const secondsPerPlainLine = 10;
const clearLine = "\r\x1b[2K";

/**
 * Shows on standard error how far a probe is: one line that changes on a terminal, a line now and
 * then elsewhere.
 */
export class ProgressDisplay implements Disposable {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #hasLine = false;
  #ticks = 0;

  constructor(write: (text: string) => void, isTerminal: boolean) {
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  /** Called once a second. */
  onProgress(progress: ProbeProgress): void {
    this.#ticks += 1;
    const line = progressLine(progress);
    if (this.#isTerminal) {
      this.#hasLine = true;
      this.#write(clearLine + line);
    } else if (this.#ticks % secondsPerPlainLine === 0) {
      this.#write(`${line}\n`);
    }
  }

  /** Called when something happens. */
  onEvent(event: RunEvent): void {
    this[Symbol.dispose]();
    const text = event.kind === "ready" ? "Connected and registered again" : event.detail;
    this.#write(`${(event.atMs / 1000).toFixed(1)} s: ${escapeControls(text)}\n`);
  }

  /** Takes the changing line away. */
  [Symbol.dispose](): void {
    if (this.#hasLine) this.#write(clearLine);
    this.#hasLine = false;
  }
}

function progressLine(progress: ProbeProgress): string {
  const { elapsedMs, sent, total, received, lost, pending, isReady } = progress;
  const of = Number.isFinite(total) ? ` of ${total}` : "";
  const state = isReady ? "" : ", not connected";
  return `${(elapsedMs / 1000).toFixed(0)} s: sent ${sent}${of}, received ${received}, ` +
    `lost ${lost}, waiting for ${pending}${state}`;
}
