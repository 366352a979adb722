import type { Output } from "../report.ts";
import { formatLine, type Line } from "./span.ts";
import { textWidth } from "./text_width.ts";

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What standard error is connected to. */
export interface Terminal {
  /** Whether it can move its cursor; otherwise only lines are written. */
  readonly isLive: boolean;
  /** The size now; it may change at any time. */
  size(): TerminalSize;
}

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
/** Terminals that know them show all changes in between at once; others ignore them. */
const beginUpdate = "\x1b[?2026h";
const endUpdate = "\x1b[?2026l";
const eraseLineEnd = "\x1b[K";
const eraseBelow = "\x1b[J";

/** What comes before a process ends that nobody has prepared for it. */
const endEvents = ["unload", "error", "unhandledrejection"];

/** Most text that waits for the next frame, in UTF-16 units. */
const maxPendingLength = 65_536;

/**
 * A command's output with a live area at its bottom. Everything else that is written scrolls above
 * the live area, at the next frame; without a live area it is written at once.
 */
export class Screen implements Output, Disposable {
  readonly #output: Output;
  readonly #terminal: Terminal;
  #hasArea = false;
  #isCursorHidden = false;
  /** What is drawn: the width of each of its lines. */
  #drawnWidths: readonly number[] = [];
  #pending: { readonly stream: "stdout" | "stderr"; readonly text: string }[] = [];
  #pendingLength = 0;
  readonly #onEnd = (): void => this.#leaveTerminal();

  constructor(output: Output, terminal: Terminal) {
    this.#output = output;
    this.#terminal = terminal;
  }

  /** Whether it shows live areas. */
  get isLive(): boolean {
    return this.#terminal.isLive;
  }

  /** Which of the streams show colours. */
  get color(): Output["color"] {
    return this.#output.color;
  }

  /** The size in which lines are shown whole. */
  size(): TerminalSize {
    const { columns, rows } = this.#terminal.size();
    // The last column stays free: behind a character in it, the cursor is in doubt.
    return { columns: Math.max(1, columns - 1), rows: Math.max(1, rows) };
  }

  /** Writes to standard output; whole lines while there is a live area. */
  readonly stdout = (text: string): void => this.#write("stdout", text);

  /** Writes to standard error; whole lines while there is a live area. */
  readonly stderr = (text: string): void => this.#write("stderr", text);

  /** Shows these lines below all others, instead of those before, as far as there is room. */
  showLive(all: readonly Line[]): void {
    if (!this.isLive) return;
    const isFirst = !this.#hasArea;
    if (isFirst) {
      for (const name of endEvents) globalThis.addEventListener(name, this.#onEnd);
    }
    const { columns, rows } = this.size();
    // The cursor needs a row of its own below them.
    const lines = all.slice(0, rows - 1);
    const color = this.color.stderr;
    const formatted = lines.map((line) => formatLine(line, { color, columns }));
    const widths = lines.map((line) => textWidth(formatLine(line, { color: false, columns })));
    this.#hasArea = true;
    const start = (this.#isCursorHidden ? "" : hideCursor) + beginUpdate + this.#toStart();
    this.#isCursorHidden = true;
    if (this.#pending.length > 0) {
      this.#output.stderr(start + eraseBelow);
      this.#writePending();
    } else this.#output.stderr(start);
    const area = formatted.map((line) => `${line}${eraseLineEnd}\n`).join("");
    this.#output.stderr(area + eraseBelow + endUpdate);
    this.#drawnWidths = widths;
  }

  /** Takes the live area away and writes what waits. */
  endLive(): void {
    if (!this.#hasArea) return;
    for (const name of endEvents) globalThis.removeEventListener(name, this.#onEnd);
    this.suspend();
    this.#hasArea = false;
  }

  /** Leaves the terminal to others until the next frame. */
  suspend(): void {
    if (!this.#hasArea) return;
    this.#output.stderr(this.#toStart() + eraseBelow + showCursor);
    this.#isCursorHidden = false;
    this.#drawnWidths = [];
    this.#writePending();
  }

  /** Like {@linkcode endLive}. */
  [Symbol.dispose](): void {
    this.endLive();
  }

  #write(stream: "stdout" | "stderr", text: string): void {
    if (text === "") return;
    if (!this.#hasArea) return this.#output[stream](text);
    this.#pending.push({ stream, text: text.endsWith("\n") ? text : `${text}\n` });
    this.#pendingLength += text.length;
    if (this.#pendingLength < maxPendingLength) return;
    // Not even a frame's worth of waiting: the area is drawn again with the next one.
    this.#output.stderr(this.#toStart() + eraseBelow);
    this.#drawnWidths = [];
    this.#writePending();
  }

  #writePending(): void {
    for (const { stream, text } of this.#pending) this.#output[stream](text);
    this.#pending = [];
    this.#pendingLength = 0;
  }

  /** Moves the cursor to where the live area begins. */
  #toStart(): string {
    const { columns } = this.#terminal.size();
    // A terminal that has become narrower has broken longer lines.
    const rows = this.#drawnWidths.reduce(
      (sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, columns))),
      0,
    );
    return rows === 0 ? "\r" : `\r\x1b[${rows}A`;
  }

  /** The process ends in the midst of it, and something may have been written below the area. */
  #leaveTerminal(): void {
    this.#output.stderr(showCursor);
    this.#writePending();
  }
}

/** The terminal of this process's standard error. */
export function processTerminal(environment: { get(name: string): string | undefined }): Terminal {
  const isDumb = environment.get("TERM") === "dumb";
  const isCi = (environment.get("CI") ?? "") !== "";
  return {
    isLive: Deno.stderr.isTerminal() && !isDumb && !isCi,
    size(): TerminalSize {
      try {
        const { columns, rows } = Deno.consoleSize();
        // Some terminals say 0 while they are being set up.
        return { columns: columns || 80, rows: rows || 24 };
      } catch {
        return { columns: 80, rows: 24 };
      }
    },
  };
}
