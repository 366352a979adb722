import { type Html, html } from "../page/html.ts";

/** A rectangle, in px. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Farther outside no chart is drawn; numbers of browsers end somewhere. */
const farthestPx = 1e5;

/** A length as a drawing has it: tenths of a px are seen by nobody, and make the page twice as long. */
export function px(length: number): number {
  return Math.round(Math.min(Math.max(length, -farthestPx), farthestPx) * 10) / 10;
}

/** Rectangles as one path. */
export function rectanglesPath(rectangles: readonly Rectangle[]): string {
  return rectangles.map(({ x, y, width, height }) =>
    `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h${px(-width)}z`
  ).join("");
}

/** Lines from left to right at these heights as one path. */
export function acrossPath(ys: readonly number[], left: number, right: number): string {
  return ys.map((y) => `M${px(left)} ${px(y)}H${px(right)}`).join("");
}

/** Lines from top to bottom at these places as one path. */
export function downPath(xs: readonly number[], top: number, bottom: number): string {
  return [...new Set(xs.map(px))].map((x) => `M${x} ${px(top)}V${px(bottom)}`).join("");
}

/** How a line is drawn. */
export interface Stroke {
  /** CSS colour. */
  readonly color: string;
  /** In px, whatever the size of the page; 1 by default. */
  readonly width?: number;
  readonly isDashed?: boolean;
}

/** A path as a line. */
export function strokePath(path: string, { color, width = 1, isDashed = false }: Stroke): Html {
  const kind = isDashed ? "line dashed" : "line";
  return html`<path class="${kind}" stroke="${color}" stroke-width="${width}" d="${path}" />`;
}

/** A path as an area. */
export function fillPath(path: string, color: string, opacity = 1): Html {
  return html`<path fill="${color}" fill-opacity="${opacity}" d="${path}" />`;
}
