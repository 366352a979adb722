/** The ends of an axis and the distance of its marks. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

/** Values beyond have no float for their marks. */
const largest = 1e300;
const smallest = 1e-100;

/** Steps of times that people read easily, in seconds. */
const timeSteps = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/**
 * An axis with about `marks` marks at round values: powers of two for bytes, minutes and hours for
 * seconds.
 */
export function niceAxis(
  low: number,
  high: number,
  options: { unit?: string | null | undefined; marks?: number } = {},
): Axis {
  const { unit, marks = 4 } = options;
  const [from, to] = [bounded(low), bounded(high)];
  const size = Math.max(Math.abs(from), Math.abs(to));
  if (size < smallest) return { min: 0, max: 1, interval: 0.25 };
  // A flat line is drawn in the middle of something; so are values that a float barely tells apart.
  const top = to - from > size * 1e-9 ? to : from + size / 2;
  const interval = roundStep((top - from) / marks, unit);
  return {
    min: Math.floor(from / interval + 1e-9) * interval,
    max: Math.ceil(top / interval - 1e-9) * interval,
    interval,
  };
}

/** The values of an axis's marks, from the lowest. */
export function axisMarks({ min, max, interval }: Axis): number[] {
  const first = Math.ceil(min / interval - 1e-9);
  const last = Math.floor(max / interval + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * interval);
}

function bounded(value: number): number {
  return Math.min(Math.max(value, -largest), largest);
}

function roundStep(exact: number, unit: string | null | undefined): number {
  if (unit === "s" && exact > 30) {
    return timeSteps.find((step) => step >= exact) ?? Math.ceil(exact / 86_400) * 86_400;
  }
  const isBinary = unit === "bytes" || unit === "binBps" || unit === "bits" || unit === "binbps";
  if (isBinary && exact > 1) return 2 ** Math.ceil(Math.log2(exact));
  const power = 10 ** Math.floor(Math.log10(exact));
  return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= exact * (1 - 1e-9))!;
}
