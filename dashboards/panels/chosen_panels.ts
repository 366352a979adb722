import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { histogramQuantile, max, rate, shownQuantiles, sum, topk } from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";
import type { LabelOf } from "../promql/selector.ts";
import { describeMetric } from "./description.ts";
import type { SizedPanel } from "./panel.ts";
import { statPanel } from "./stat_panel.ts";
import { stateTimelinePanel } from "./state_timeline_panel.ts";
import { statesOfFlag } from "./states.ts";
import { timeSeriesPanel } from "./time_series_panel.ts";
import { rateUnit, valueUnit } from "./units.ts";

/** Most series of a panel whose labels may have any number of values. */
export const mostSeries = 10;

/** Text of a panel of errors without series: of most, the first one makes them. */
export const noErrors = "none";

/** A metric that only grows. */
export type Counter = MetricDefinition & { readonly kind: "counter" };
/** A metric with a value. */
export type Gauge = MetricDefinition & { readonly kind: "gauge" };
/** A metric that observes values in buckets. */
export type Histogram = MetricDefinition & { readonly kind: "histogram" };

/** How the series of a chosen panel are told apart. */
export interface Chosen<M extends MetricDefinition> {
  readonly by: readonly LabelOf<M>[];
  /** Most series; `mostSeries` where a label may have any number of values. */
  readonly most?: number;
  /** All in shades of one colour. */
  readonly shadesOf?: string;
}

/** Names each series by its labels. */
export const legendOf = (labels: readonly string[]): string =>
  labels.map((label) => `{{${label}}}`).join(" ");

/** Whether a metric may have any number of series for these labels. */
export function isUnbounded({ labels = {} }: MetricDefinition, by: readonly string[]): boolean {
  return by.some((label) => typeof (labels[label] ?? "of a target") === "string");
}

/** The largest series where there may be any number of them. */
export function bounded(
  metric: MetricDefinition,
  by: readonly string[],
  expression: string,
  most: number | undefined = isUnbounded(metric, by) ? mostSeries : undefined,
): string {
  return most === undefined ? expression : topk(most, expression);
}

/** What a counter counts in a second, by some of its labels. */
export function ratePanel<const M extends Counter>(
  title: string,
  metric: M,
  scope: Scope,
  { by, most, shadesOf }: Chosen<M>,
): SizedPanel {
  const thresholds = (metric as MetricDefinition).thresholds;
  return timeSeriesPanel({
    title,
    description: describeMetric(metric),
    unit: rateUnit(metric),
    queries: [{
      expression: bounded(metric, by, sum(rate(scope.select<Counter>(metric)), by), most),
      legend: legendOf(by),
    }],
    ...(thresholds && { thresholds }),
    ...(shadesOf !== undefined && { shadesOf }),
    ...(metric.topic === "errors" && { noValue: noErrors }),
  });
}

/** The 99th percentile of a histogram, by some of its labels. */
export function highPercentilePanel<const M extends Histogram>(
  title: string,
  metric: M,
  scope: Scope,
  { by, most }: Chosen<M>,
): SizedPanel {
  const thresholds = (metric as MetricDefinition).thresholds;
  const buckets = scope.select<Histogram>(metric, {}, "bucket");
  return timeSeriesPanel({
    title,
    description: describeMetric(metric),
    unit: valueUnit(metric),
    queries: [{
      expression: bounded(metric, by, histogramQuantile(0.99, buckets, by), most),
      legend: legendOf(by),
    }],
    ...(thresholds && { thresholds }),
  });
}

/** The quantiles of a histogram, of all its series together. */
export function quantilesPanel(title: string, metric: Histogram, scope: Scope): SizedPanel {
  const buckets = scope.select<Histogram>(metric, {}, "bucket");
  return timeSeriesPanel({
    title,
    description: describeMetric(metric),
    unit: valueUnit(metric),
    queries: shownQuantiles.map((quantile) => ({
      expression: histogramQuantile(quantile, buckets),
      legend: `p${quantile * 100}`,
    })),
    ...(metric.thresholds && { thresholds: metric.thresholds }),
  });
}

/** A flag of each host, in the words of its states. */
export function flagPanel(title: string, metric: Gauge, scope: Scope): SizedPanel {
  return stateTimelinePanel({
    title,
    description: describeMetric(metric),
    queries: [{
      expression: max(scope.select<Gauge>(metric), ["instance"]),
      legend: legendOf(["instance"]),
    }],
    states: statesOfFlag(metric),
  });
}

/** What a counter of all hosts counts in a second, as one number. */
export function totalRatePanel(title: string, metric: Counter, scope: Scope): SizedPanel {
  return statPanel({
    title,
    description: describeMetric(metric),
    unit: rateUnit(metric),
    queries: [{ expression: sum(rate(scope.select<Counter>(metric))) }],
  });
}

/** A gauge of all hosts together, as one number. */
export function totalPanel(title: string, metric: Gauge, scope: Scope): SizedPanel {
  return statPanel({
    title,
    description: describeMetric(metric),
    unit: valueUnit(metric),
    queries: [{ expression: sum(scope.select<Gauge>(metric)) }],
  });
}
