/** What repeated measurements of one thing come to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
}

/**
 * Sums up measurements. The median is what one can expect; the least is what the machine's other
 * work has disturbed least.
 *
 * @throws {RangeError} when there are none.
 */
export function spreadOf(values: readonly number[]): Spread {
  return { median: medianOf(values), min: Math.min(...values) };
}

/**
 * The middle one of some values, or the mean of the two in the middle.
 *
 * @throws {RangeError} when there are none.
 */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) {
    throw new RangeError("Cannot find the middle of no values");
  }
  return (lower + upper) / 2;
}

/**
 * The order in which contestants take their turns in a round: each begins as often as the others, so
 * that what a machine does slowly (warm up, fill its disk) is nobody's advantage.
 */
export function turnsOf<T>(contestants: readonly T[], round: number): T[] {
  const first = round % Math.max(contestants.length, 1);
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}
