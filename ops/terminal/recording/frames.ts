import type { Recording } from "./recording.ts";
import { TerminalModel } from "./terminal_model.ts";
import type { Frame } from "./terminal_svg.ts";

/** Time between two frames at least, in ms. */
export const frameIntervalMs = 200;

/** What the terminal of a recording shows: a frame whenever it has changed, five a second at most. */
export function framesOf({ size, output }: Recording): Frame[] {
  const terminal = new TerminalModel(size);
  const frames: Frame[] = [];
  let last = "";
  for (const [i, { atMs, text }] of output.entries()) {
    terminal.write(text);
    const next = output[i + 1];
    const sinceMs = atMs - (frames.at(-1)?.atMs ?? -Infinity);
    // What follows soon belongs to the same frame.
    if (next !== undefined && (sinceMs < frameIntervalMs || next.atMs - atMs < 20)) continue;
    const lines = terminal.screen.map((line) => [...line]);
    const shown = JSON.stringify(lines);
    if (shown !== last) frames.push({ atMs, lines });
    last = shown;
  }
  return frames;
}

/**
 * What the terminal of a recording shows in the end, lines that have scrolled out included, or at a
 * time.
 *
 * @param atMs The time, in ms; only the screen then.
 */
export function linesOf({ size, output }: Recording, atMs?: number): Frame["lines"] {
  const terminal = new TerminalModel(size);
  for (const event of output) {
    if (atMs === undefined || event.atMs <= atMs) terminal.write(event.text);
  }
  const lines = atMs === undefined ? terminal.lines : terminal.screen;
  return lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1);
}
