import { escapeControls } from "../../tunnel/printable.ts";
import { startWithin, textWidth } from "./text_width.ts";

/** Colours a text; the functions of `@std/fmt/colors` do. */
export type Paint = (text: string) => string;

/** A piece of a line in one colour. Its text may come from anywhere: it is escaped when shown. */
export interface Span {
  readonly text: string;
  readonly paint?: Paint;
}

/** One line in pieces. */
export type Line = readonly Span[];

/** How lines are shown. */
export interface LineFormat {
  readonly color: boolean;
  /** Columns to cut lines to, 1 or more; they are as long as they are by default. */
  readonly columns?: number;
}

/** A line as a terminal or a file gets it, escaped, without its end and spaces at its end. */
export function formatLine(line: Line, { color, columns = Infinity }: LineFormat): string {
  const spans = line.map(({ text, ...span }) => ({ ...span, text: escapeControls(text) }));
  while (spans.at(-1)?.text.trimEnd() === "") spans.pop();
  const total = spans.reduce((sum, { text }) => sum + textWidth(text), 0);
  let free = total <= columns ? total : columns - 1;
  let shown = "";
  for (const [i, { text, paint }] of spans.entries()) {
    let piece = i === spans.length - 1 ? text.trimEnd() : text;
    const width = textWidth(piece);
    if (width > free) piece = `${startWithin(piece, free)}…`;
    shown += color && paint !== undefined ? paint(piece) : piece;
    free -= width;
    if (free < 0) break;
  }
  return shown;
}

/** Several lines, each with its end. */
export function formatLines(lines: readonly Line[], format: LineFormat): string {
  return lines.map((line) => `${formatLine(line, format)}\n`).join("");
}
