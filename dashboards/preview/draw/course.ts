import type { Point, TimeRange } from "../data/source.ts";

/** The values of a series, one for each step of a range; `undefined` where there is none. */
export type Course = readonly (number | undefined)[];

/** How the values of a series are connected, by Grafana's names. */
export type Interpolation = "linear" | "smooth" | "stepBefore" | "stepAfter";

/** How a course is made of points. */
export interface CourseOptions {
  readonly range: TimeRange;
  /** Seconds between two values. */
  readonly step: number;
  /** Longest time without values that is drawn over, in seconds. */
  readonly longestGap: number;
  readonly interpolation: Interpolation;
}

/** A series as it is drawn at one step: from what it stands on up to its value. */
export interface Level {
  readonly base: number;
  readonly top: number;
}

/** The levels of a series, one for each step. */
export type Layer = readonly (Level | undefined)[];

/** Puts points on the steps of a range, and fills gaps that are not too long. */
export function courseOf(points: readonly Point[], options: CourseOptions): Course {
  const { range: { start, end }, step, longestGap, interpolation } = options;
  const count = Math.round((end - start) / step) + 1;
  const values: (number | undefined)[] = new Array(count).fill(undefined);
  let last = -1;
  for (const [seconds, value] of points) {
    const at = Math.round((seconds - start) / step);
    if (!Number.isFinite(value) || at < 0 || at >= count) continue;
    values[at] = value;
    if (last >= 0 && (at - last) * step <= longestGap) {
      const from = values[last]!;
      for (let i = last + 1; i < at; i++) {
        values[i] = between(from, value, (i - last) / (at - last), interpolation);
      }
    }
    last = at;
  }
  return values;
}

function between(from: number, to: number, share: number, interpolation: Interpolation): number {
  if (interpolation === "stepAfter") return from;
  return interpolation === "stepBefore" ? to : from * (1 - share) + to * share;
}

/** Where each course is drawn: those that are stacked on each other, others on zero. */
export function layersOf(
  courses: readonly { readonly values: Course; readonly isStacked: boolean }[],
): Layer[] {
  const sums: number[] = [];
  return courses.map(({ values, isStacked }) =>
    values.map((value, i): Level | undefined => {
      if (value === undefined) return undefined;
      const base = isStacked ? sums[i] ?? 0 : 0;
      if (isStacked) sums[i] = base + value;
      return { base, top: base + value };
    })
  );
}

/** The lowest and the highest of what is drawn, with the zero of what is stacked. */
export function extentOf(
  layers: readonly Layer[],
  isStacked: boolean,
): { readonly low: number; readonly high: number } {
  let [low, high] = isStacked ? [0, 0] : [Infinity, -Infinity];
  for (const level of layers.flat()) {
    if (level === undefined) continue;
    low = Math.min(low, level.top);
    high = Math.max(high, level.top);
  }
  return low <= high ? { low, high } : { low: 0, high: 1 };
}
