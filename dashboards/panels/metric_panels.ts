import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import {
  either,
  histogramQuantile,
  max,
  min,
  rate,
  shownQuantiles,
  sum,
  timeLeft,
  timeSince,
  topk,
} from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";
import { colors } from "./colors.ts";
import { describeMetric, titleOf } from "./description.ts";
import { heatmapPanel } from "./heatmap_panel.ts";
import type { SizedPanel } from "./panel.ts";
import { stateTimelinePanel } from "./state_timeline_panel.ts";
import { statesOfFlag, statesOfNames } from "./states.ts";
import { tablePanel } from "./table_panel.ts";
import { timeSeriesPanel } from "./time_series_panel.ts";
import { rateUnit, valueUnit } from "./units.ts";

/** Most series of a panel whose label may have any number of values. */
export const mostSeries = 10;

/** Legend of the line that a gauge cannot pass. */
const limitName = "limit";

/**
 * The panels that a metric gets by being declared: what its kind and its reading ask for.
 *
 * @param limit The definition of the gauge that its `limit` names.
 */
export function metricPanels(
  metric: MetricDefinition,
  scope: Scope,
  limit?: MetricDefinition,
): SizedPanel[] {
  switch (metric.kind) {
    case "counter":
      return [counterPanel(metric, scope)];
    case "histogram":
      return histogramPanels(metric, scope);
    case "gauge":
      switch (metric.reading ?? "amount") {
        case "amount":
          return [amountPanel(metric, scope, limit)];
        case "flag":
          return [flagPanel(metric, scope)];
        case "timestamp":
          return [timestampPanel(metric, scope)];
        case "info":
          return [infoPanel(metric, scope)];
      }
  }
}

/** How the series of a metric are told apart. */
interface Grouping {
  readonly by: readonly string[];
  readonly legend: string;
  /** Whether there may be any number of series. */
  readonly isUnbounded: boolean;
}

function groupingOf({ labels = {} }: MetricDefinition): Grouping {
  const names = Object.keys(labels);
  const listed = names.filter((name) => typeof labels[name] !== "string");
  const by = listed.length > 0 ? listed : names.length > 0 ? names : ["instance"];
  return {
    by,
    legend: by.map((name) => `{{${name}}}`).join(" "),
    isUnbounded: listed.length === 0,
  };
}

const bounded = ({ isUnbounded }: Grouping, expression: string): string =>
  isUnbounded ? topk(mostSeries, expression) : expression;

function counterPanel(metric: MetricDefinition, scope: Scope): SizedPanel {
  const grouping = groupingOf(metric);
  const expression = bounded(grouping, sum(rate(scope.select(metric)), grouping.by));
  return timeSeriesPanel({
    title: titleOf(metric),
    description: describeMetric(metric),
    unit: rateUnit(metric),
    queries: [{ expression, legend: grouping.legend }],
    ...(metric.thresholds && { thresholds: metric.thresholds }),
    ...(metric.topic === "errors" && grouping.isUnbounded && { color: colors.bad }),
  });
}

/** An amount, and the gauge that limits it as a line of its own. */
function amountPanel(
  metric: MetricDefinition,
  scope: Scope,
  limit: MetricDefinition | undefined,
): SizedPanel {
  const grouping = groupingOf(metric);
  const by = grouping.by.includes("instance") ? grouping.by : ["instance", ...grouping.by];
  const expression = bounded(grouping, sum(scope.select(metric), by));
  return timeSeriesPanel({
    title: titleOf(metric),
    description: describeMetric(...(limit === undefined ? [metric] : [metric, limit])),
    unit: valueUnit(metric),
    queries: [
      { expression, legend: by.map((name) => `{{${name}}}`).join(" ") },
      ...(limit === undefined ? [] : [{ expression: min(scope.select(limit)), legend: limitName }]),
    ],
    ...(limit !== undefined && { colorsByName: { [`^${limitName}$`]: colors.bad } }),
    ...(metric.thresholds && { thresholds: metric.thresholds }),
  });
}

/** A flag, or one flag for each state that a label lists. */
function flagPanel(metric: MetricDefinition, scope: Scope): SizedPanel {
  const { labels = {} } = metric;
  const state = Object.keys(labels).find((name) => typeof labels[name] !== "string");
  const others = Object.keys(labels).filter((name) => name !== state);
  const by = ["instance", ...others];
  const names = state === undefined ? [] : labels[state] as readonly string[];
  const expression = state === undefined
    ? max(scope.select(metric), by)
    : max(either(...stateNumbers(metric, scope, state, names)), by);
  return stateTimelinePanel({
    title: titleOf(metric),
    description: describeMetric(metric),
    queries: [{ expression, legend: by.map((name) => `{{${name}}}`).join(" ") }],
    states: state === undefined ? statesOfFlag(metric) : statesOfNames(names),
  });
}

/** The number of each state where it is the one, and 0 where it is not. */
function stateNumbers(
  metric: MetricDefinition,
  scope: Scope,
  label: string,
  names: readonly string[],
): string[] {
  return names.map((name, index) =>
    `${index + 1} * ${scope.select<MetricDefinition>(metric, { [label]: is(name) } as never)}`
  );
}

/** Thresholds tell how much time must be left; without them it is the past that counts. */
function timestampPanel(metric: MetricDefinition, scope: Scope): SizedPanel {
  const isEnd = metric.thresholds !== undefined;
  const selected = min(scope.select(metric), ["instance"]);
  return timeSeriesPanel({
    title: `${titleOf(metric)}: time ${isEnd ? "left" : "since"}`,
    description: describeMetric(metric),
    unit: "s",
    queries: [{
      expression: isEnd ? timeLeft(selected) : timeSince(selected),
      legend: "{{instance}}",
    }],
    ...(metric.thresholds && { thresholds: metric.thresholds }),
  });
}

function infoPanel(metric: MetricDefinition, scope: Scope): SizedPanel {
  const labels = ["instance", ...Object.keys(metric.labels ?? {})];
  return tablePanel({
    title: titleOf(metric),
    description: describeMetric(metric),
    queries: [{ expression: max(scope.select(metric), labels) }],
    columns: labels.map((of) => ({ of, title: of.replaceAll("_", " ") })),
    hidden: ["Value"],
    sortBy: "instance",
  });
}

function histogramPanels(metric: MetricDefinition, scope: Scope): SizedPanel[] {
  const buckets = scope.select<MetricDefinition & { kind: "histogram" }>(
    metric as MetricDefinition & { kind: "histogram" },
    {},
    "bucket",
  );
  return [
    heatmapPanel({
      title: `${titleOf(metric)}: distribution`,
      description: describeMetric(metric),
      unit: valueUnit(metric),
      queries: [{ expression: sum(rate(buckets), ["le"]) }],
    }),
    timeSeriesPanel({
      title: `${titleOf(metric)}: quantiles`,
      description: describeMetric(metric),
      unit: valueUnit(metric),
      width: 12,
      queries: shownQuantiles.map((quantile) => ({
        expression: histogramQuantile(quantile, buckets),
        legend: `p${quantile * 100}`,
      })),
      ...(metric.thresholds && { thresholds: metric.thresholds }),
    }),
  ];
}
