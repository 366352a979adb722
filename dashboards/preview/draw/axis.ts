/** The ends of an axis and the distance of its marks. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

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
  // A flat line is drawn in the middle of something.
  const top = high > low ? high : low === 0 ? 1 : low + Math.abs(low) / 2;
  const exact = (top - low) / marks;
  const interval = roundStep(exact, unit);
  return {
    min: Math.floor(low / interval + 1e-9) * interval,
    max: Math.ceil(top / interval - 1e-9) * interval,
    interval,
  };
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
