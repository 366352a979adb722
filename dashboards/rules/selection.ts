/** What the rules select, beside the metrics of the catalogues. */

import { jobs } from "../catalogue.ts";
import { rate } from "../promql/functions.ts";
import { is, isOneOf, seriesSelector } from "../promql/selector.ts";

/** The programs, for metrics that any process may have. */
export const ourJobs = isOneOf(Object.values(jobs));

/** Whether the last scrape succeeded: 1 or 0. Prometheus' own. */
export const up = (program?: keyof typeof jobs): string =>
  seriesSelector("up", { job: program === undefined ? ourJobs : is(jobs[program]) });

/** One process. With a fleet's name or without, as Prometheus takes a missing label for an empty one. */
export const byInstance = ["fleet", "job", "instance"] as const;

/**
 * The rates of several counters added up, none twice: `or` takes series with equal labels once.
 *
 * @param by Labels that are kept.
 */
export function sumOfRates(
  selectors: readonly string[],
  over: string,
  by: readonly string[],
): string {
  const rates = selectors.map((selected) => rate(selected, over));
  return `sum by (${by.join(", ")}) (\n  ${rates.join("\n  or ")}\n)`;
}

/** The 99th percentile of histograms over a time, for each process. */
export const percentile99 = (buckets: readonly string[], over: string): string =>
  `histogram_quantile(0.99, ${sumOfRates(buckets, over, [...byInstance, "le"])})`;

/** `on (fleet, job, instance)`, for what concerns the same process. */
export const onInstance = `on (${byInstance.join(", ")})`;
