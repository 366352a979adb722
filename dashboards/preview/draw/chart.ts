import type { Size } from "../board/placement.ts";
import type { TimeRange } from "../data/source.ts";
import { type Html, html } from "../page/html.ts";
import {
  acrossPath,
  downPath,
  fillPath,
  px,
  type Rectangle,
  rectanglesPath,
  strokePath,
} from "./shapes.ts";
import { letterPx, textWidth } from "./text_width.ts";
import { timeMarks, timeX } from "./time_marks.ts";

/** An event that is drawn over every chart. */
export interface Mark {
  /** Seconds since 1970. */
  readonly start: number;
  /** The same as `start` for a moment. */
  readonly end: number;
  /** CSS colour. */
  readonly color: string;
}

/** What all charts of a panel have in common. */
export interface ChartFrame {
  readonly size: Size;
  readonly range: TimeRange;
  readonly marks: readonly Mark[];
}

/** Where a chart's data is, between its texts. */
export interface Plot extends ChartFrame {
  /** From the chart's corner, in px. */
  readonly area: Rectangle;
}

/** A text at the left of a chart. */
export interface SideLabel {
  /** From the plot's top, in px. */
  readonly y: number;
  readonly text: string;
}

/** What is drawn in a plot; lengths are in px from the plot's corner. */
export interface Drawing {
  readonly labels: readonly SideLabel[];
  /** Heights of the lines across. */
  readonly lines?: readonly number[];
  readonly data: Html;
}

/** Space around a plot, in px: half a text above, a line of times below. */
const spacePx = { top: 10, right: 16, bottom: 24 } as const;
/** Space between a text at the left and the plot, and that before the text. */
const labelGapPx = 8;
const marginPx = 4;

/** The plot of a chart that has these texts at its left. */
export function plotBeside(texts: readonly string[], frame: ChartFrame): Plot {
  const { width, height } = frame.size;
  const widest = texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
  const x = Math.ceil(marginPx + widest + labelGapPx);
  const area = {
    x,
    y: spacePx.top,
    width: Math.max(width - x - spacePx.right, 1),
    height: Math.max(height - spacePx.top - spacePx.bottom, 1),
  };
  return { ...frame, area };
}

/** Where a time is, in px from the plot's left. */
export function plotX({ range, area: { width } }: Plot, seconds: number): number {
  return timeX({ range, left: 0, width }, seconds);
}

/** Draws a chart as SVG that scales with its panel: axes and events, and what is drawn in its plot. */
export function drawChart(plot: Plot, { labels, lines = [], data }: Drawing): Html {
  const { size, range, area: { x, y, width, height } } = plot;
  const times = timeMarks({ range, left: x, width }, size.width);
  const [right, bottom] = [x + width, y + height];
  const grid = downPath(times.map((time) => time.x), y, bottom + 4) +
    acrossPath([...lines.map((line) => y + line), bottom], x, right);
  const timesY = bottom + spacePx.bottom / 2 + 1;
  const side = spaced(labels).map((label) => textAt(x - labelGapPx, y + label.y, label.text));
  const below = times.flatMap(({ x, text }) => text === undefined ? [] : textAt(x, timesY, text));
  const drawn = html`${shades(plot)}<g class="data">${data}</g>${moments(plot)}`;
  return html`
    <svg class="chart" viewBox="0 0 ${size.width} ${size.height}">
      <path class="grid" d="${grid}" />
      <g class="side">${side}</g>
      <g>${below}</g>
      ${inside(plot, drawn)}
    </svg>
  `;
}

function textAt(x: number, y: number, text: string): Html {
  return html`<text x="${px(x)}" y="${px(y)}">${text}</text>`;
}

/** What ends at the plot's edges, but for half the width of a line. */
function inside({ area: { x, y, width, height } }: Plot, drawn: Html): Html {
  const [left, top, wide, high] = [x - 1, y - 1, width + 2, height + 2].map(px);
  return html`
    <svg x="${left!}" y="${top!}" width="${wide!}" height="${high!}"
      viewBox="-1 -1 ${wide!} ${high!}">${drawn}</svg>
  `;
}

/** As many of the labels, evenly, as don't overlap. */
function spaced(labels: readonly SideLabel[]): readonly SideLabel[] {
  const [first, second] = labels;
  if (first === undefined || second === undefined) return labels;
  const every = Math.ceil((letterPx + 1) / Math.max(Math.abs(second.y - first.y), 0.1));
  return labels.filter((_, i) => i % every === 0);
}

/** When events are, as dashed lines; one path for each colour. */
function moments(plot: Plot): Html {
  const { marks, area: { height } } = plot;
  const paths = Map.groupBy(marks, ({ color }) => color).entries().map(([color, marks]) => {
    const xs = marks.map(({ start }) => plotX(plot, start));
    return strokePath(downPath(xs, 0, height), { color, isDashed: true });
  });
  return html`${paths.toArray()}`;
}

/** How long events last, behind the data. */
function shades(plot: Plot): Html {
  const { marks, area: { height } } = plot;
  return html`${
    lasting(marks).map(({ start, end, color }) => {
      const x = plotX(plot, start);
      const area = { x, y: 0, width: plotX(plot, end) - x, height };
      return fillPath(rectanglesPath([area]), color, 0.1);
    })
  }`;
}

/** The marks that last: those of one colour that overlap are one, and not twice as dark. */
function lasting(marks: readonly Mark[]): Mark[] {
  const merged: Mark[] = [];
  for (const mark of marks.toSorted((a, b) => a.start - b.start)) {
    if (mark.end <= mark.start) continue;
    const at = merged.findLastIndex(({ color, end }) => color === mark.color && end >= mark.start);
    const before = merged[at];
    if (before === undefined) merged.push(mark);
    else merged[at] = { ...before, end: Math.max(before.end, mark.end) };
  }
  return merged;
}
