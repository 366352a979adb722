import type { TimeRange } from "../data/source.ts";
import { formatClock } from "./clock.ts";
import { textWidth } from "./text_width.ts";

/** A time on the axis below a chart. */
export interface TimeMark {
  /** From the chart's left, in px. */
  readonly x: number;
  /** Its text; `undefined` for one that would be cut off. */
  readonly text: string | undefined;
}

/** Where times are on a chart, in px. */
export interface TimeScale {
  readonly range: TimeRange;
  /** Where the range begins, and how wide it is. */
  readonly left: number;
  readonly width: number;
}

const day = 86_400;
/** Distances of marks, in seconds. */
const steps: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[3600, 7200, 10_800, 21_600, 43_200, day, 2 * day, 7 * day, 14 * day, 28 * day],
];

/** Space between the texts of two marks, in px. */
const gapPx = 8;

/** Where a time is, in px from the chart's left. */
export function timeX({ range: { start, end }, left, width }: TimeScale, seconds: number): number {
  return left + (seconds - start) / Math.max(end - start, 1) * width;
}

/**
 * The times of an axis: round ones in UTC, as close as their texts fit beside each other.
 *
 * @param edge Right end of the chart, in px: no text reaches over it, nor over the left one.
 */
export function timeMarks(scale: TimeScale, edge: number): TimeMark[] {
  const { range: { start, end }, width } = scale;
  const pxPerSecond = width / Math.max(end - start, 1);
  const widthOf = (step: number): number => textWidth(formatClock(0, step));
  const step = steps.find((step) => step * pxPerSecond >= widthOf(step) + gapPx) ??
    Math.ceil((widthOf(day) + gapPx) / pxPerSecond / day) * day;
  const half = widthOf(step) / 2;
  const first = Math.ceil(start / step);
  const count = Math.max(Math.floor(end / step) - first + 1, 0);
  return Array.from({ length: count }, (_, i): TimeMark => {
    const seconds = (first + i) * step;
    const x = timeX(scale, seconds);
    const fits = x - half >= 0 && x + half <= edge;
    return { x, text: fits ? formatClock(seconds, step) : undefined };
  });
}
