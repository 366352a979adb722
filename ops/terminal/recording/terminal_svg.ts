import type { TerminalSize } from "../screen.ts";
import { textWidth } from "../text_width.ts";
import type { CellStyle, TerminalColor } from "./cell_style.ts";
import type { Cell } from "./terminal_model.ts";

/** What a terminal shows at a time. */
export interface Frame {
  readonly atMs: number;
  readonly lines: readonly (readonly Cell[])[];
}

/** Sizes in pixels; a place is as wide as a character of the usual monospaced fonts. */
const fontPx = 14;
const placePx = 8.4;
const linePx = 19;
const paddingPx = 16;
/** How long the last frame stays before an animation begins again, in ms. */
const lastFrameMs = 4000;

const dark = palette("#0d1117", "#d0d7de", [
  ...["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4"],
  ...["#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc"],
]);
const light = palette("#f6f8fa", "#24292f", [
  ...["#24292f", "#cf222e", "#116329", "#7d4e00", "#0969da", "#8250df", "#1b7c83", "#57606a"],
  ...["#57606a", "#a40e26", "#1a7f37", "#633c01", "#218bff", "#a475f9", "#3192aa", "#32383f"],
]);

/**
 * Lines of a terminal as a picture with text that can be selected. The same lines give the same
 * picture; it follows the viewer's wish for light or dark.
 */
export function stillSvg(lines: readonly (readonly Cell[])[], columns: number): string {
  const rows = lines.map((line, i) => `<g transform="translate(0 ${i * linePx})">${row(line)}</g>`);
  return document({ columns, rows: lines.length }, "", rows.join("\n"));
}

/** Frames as a picture that moves, by CSS alone; without that, the last one is seen. */
export function animatedSvg(frames: readonly Frame[], size: TerminalSize): string {
  const shownLines = new Map<string, number>();
  const width = size.columns * placePx;
  const totalMs = (frames.at(-1)?.atMs ?? 0) + lastFrameMs;
  const film = frames.map(({ lines }, i) => {
    const uses = lines.flatMap((line, y): string[] => {
      const text = row(line);
      if (text === "") return [];
      const number = shownLines.get(text) ?? shownLines.size;
      shownLines.set(text, number);
      return [`<use href="#l${number}" y="${y * linePx}"/>`];
    });
    return `<g transform="translate(${pixels(i * width)} 0)">${uses.join("")}</g>`;
  });
  const shift = (i: number): string => `transform:translateX(${pixels(-i * width)}px)`;
  const steps = frames.map(({ atMs }, i) => `${(atMs / totalMs * 100).toFixed(3)}%{${shift(i)}}`);
  const style = `
    .film { ${shift(frames.length - 1)}; animation: film ${totalMs / 1000}s step-end infinite }
    @keyframes film { ${steps.join(" ")} }
    @media (prefers-reduced-motion: reduce) { .film { animation: none } }`;
  const lines = [...shownLines].map(([text, number]) => `<g id="l${number}">${text}</g>`);
  const body = [
    `<defs>\n${lines.join("\n")}\n</defs>`,
    // An inner picture of the screen's size hides all frames but one.
    `<svg width="${pixels(width)}" height="${size.rows * linePx}"><g class="film">`,
    ...film,
    "</g></svg>",
  ];
  return document(size, style, body.join("\n"));
}

function document({ columns, rows }: TerminalSize, style: string, body: string): string {
  const width = pixels(columns * placePx + 2 * paddingPx);
  const height = rows * linePx + 2 * paddingPx;
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<style>
    text { font: ${fontPx}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
    .b { font-weight: bold } .d { opacity: 0.65 } .i { font-style: italic } .u { text-decoration: underline }
    ${dark}
    @media (prefers-color-scheme: light) { ${light} }${style}
</style>
<rect class="screen" width="100%" height="100%" rx="8"/>
<g transform="translate(${paddingPx} ${paddingPx})">
${body}
</g>
</svg>
`;
}

/** The characters of a line, in pieces of one style, each at its own place. */
function row(line: readonly Cell[]): string {
  let column = 0;
  const pieces: string[] = [];
  for (const cells of runs(line)) {
    const text = cells.map(({ text }) => text).join("");
    const { style } = cells[0]!;
    const x = pixels(column * placePx);
    const width = pixels(cells.length * placePx);
    column += cells.length;
    const background = style.inverse ? style.foreground ?? "text" : style.background;
    if (background !== undefined) {
      const paint = fill(background, "");
      pieces.push(`<rect${paint} x="${x}" width="${width}" height="${linePx}"/>`);
    }
    if (text.trim() === "") continue;
    const foreground = style.inverse ? style.background ?? "screen" : style.foreground ?? "text";
    pieces.push(
      `<text${fill(foreground, classes(style))} x="${x}" y="${fontPx}" textLength="${
        pixels(textWidth(text) * placePx)
      }">${escaped(text)}</text>`,
    );
  }
  return pieces.join("");
}

/** Neighbours of the same style; a line's end without text or colour is left out. */
function runs(line: readonly Cell[]): Cell[][] {
  const end = line.findLastIndex(({ text, style }) =>
    text.trim() !== "" || style.background !== undefined || style.inverse
  );
  const found: Cell[][] = [];
  for (const cell of line.slice(0, end + 1)) {
    const last = found.at(-1);
    if (last !== undefined && isSameStyle(last[0]!.style, cell.style)) last.push(cell);
    else found.push([cell]);
  }
  return found;
}

function isSameStyle(a: CellStyle, b: CellStyle): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function classes({ bold, dim, italic, underline }: CellStyle): string {
  return [bold && " b", dim && " d", italic && " i", underline && " u"].filter(Boolean).join("");
}

/** A colour as attributes: named ones follow the viewer, others do not. */
function fill(color: TerminalColor | "text" | "screen", more: string): string {
  if (typeof color === "number") return ` class="c${color}${more}"`;
  if (color.startsWith("#")) {
    return `${more === "" ? "" : ` class="${more.trim()}"`} fill="${color}"`;
  }
  return ` class="${color}${more}"`;
}

function palette(screen: string, text: string, colors: readonly string[]): string {
  const named = colors.map((color, i) => `.c${i} { fill: ${color} }`);
  return [`.screen { fill: ${screen} }`, `.text { fill: ${text} }`, ...named].join(" ");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function pixels(value: number): string {
  return String(Math.round(value * 100) / 100);
}
