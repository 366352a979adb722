/**
 * The time over which a rate is taken. Grafana's variable is at least four scrapes long and grows
 * with the time range, so that no panel is empty and no peak falls between two points.
 */
export const rateInterval = "$__rate_interval";

/** The quantiles that panels of histograms show. */
export const shownQuantiles = [0.5, 0.95, 0.99] as const;

/** Increase a second of a counter. */
export const rate = (selected: string, window = rateInterval): string =>
  `rate(${selected}[${window}])`;

/** Increase of a counter over a time. */
export const increase = (selected: string, window = rateInterval): string =>
  `increase(${selected}[${window}])`;

/** How often a gauge has changed over a time. */
export const changes = (selected: string, window = rateInterval): string =>
  `changes(${selected}[${window}])`;

type Aggregation = (expression: string, by?: readonly string[]) => string;

/** `sum by (labels) (expression)` and its like; without labels all becomes one. */
function aggregation(operator: string): Aggregation {
  return (expression, by = []) =>
    by.length === 0
      ? `${operator}(${expression})`
      : `${operator} by (${by.join(", ")}) (${expression})`;
}

/** The sum for each combination of the labels. */
export const sum: Aggregation = aggregation("sum");
/** The largest for each combination of the labels. */
export const max: Aggregation = aggregation("max");
/** The smallest for each combination of the labels. */
export const min: Aggregation = aggregation("min");
/** The mean for each combination of the labels. */
export const average: Aggregation = aggregation("avg");
/** The number of series for each combination of the labels. */
export const count: Aggregation = aggregation("count");

/** The series with the largest values, which keep their labels. */
export const topk = (most: number, expression: string): string => `topk(${most}, ${expression})`;

/**
 * A quantile of a histogram over the rate interval.
 *
 * @param buckets The selector of its `_bucket` series.
 */
export function histogramQuantile(
  quantile: number,
  buckets: string,
  by: readonly string[] = [],
): string {
  return `histogram_quantile(${quantile}, ${sum(rate(buckets), ["le", ...by])})`;
}

/** How much of `part` there is in `whole`; nothing of nothing is 0. */
export const ratio = (part: string, whole: string): string =>
  `(${part}) / (${whole} > 0) or 0 * (${whole})`;

/** Several expressions in one; of series with equal labels the first one's is taken. */
export const either = (...expressions: readonly string[]): string => expressions.join(" or ");

/** The seconds from now to a timestamp. */
export const timeLeft = (timestamps: string): string => `${timestamps} - time()`;

/** The seconds since a timestamp. */
export const timeSince = (timestamps: string): string => `time() - ${timestamps}`;

/** The values, or a bound where they are less. */
export const atLeast = (least: number, expression: string): string =>
  `clamp_min(${expression}, ${least})`;
