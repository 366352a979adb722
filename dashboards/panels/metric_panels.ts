import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { either, max, min, rate, sum, timeLeft, timeSince } from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";
import { bounded, type Histogram, legendOf, noErrors, quantilesPanel } from "./chosen_panels.ts";
import { colors } from "./colors.ts";
import { describeMetric, titleOf } from "./description.ts";
import { heatmapPanel } from "./heatmap_panel.ts";
import type { PanelQuery, SizedPanel } from "./panel.ts";
import { stateTimelinePanel } from "./state_timeline_panel.ts";
import { statesOfFlag, statesOfNames } from "./states.ts";
import { tablePanel } from "./table_panel.ts";
import { timeSeriesPanel } from "./time_series_panel.ts";
import { rateUnit, valueUnit } from "./units.ts";

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
      return histogramPanels({ ...metric, kind: metric.kind }, scope);
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

/** By everything that tells a metric's series apart: its labels, or its host if it has none. */
function labelsOf({ labels }: MetricDefinition): string[] {
  return labels === undefined ? ["instance"] : Object.keys(labels);
}

function counterPanel(metric: MetricDefinition, scope: Scope): SizedPanel {
  const by = labelsOf(metric);
  return timeSeriesPanel({
    title: titleOf(metric),
    description: describeMetric(metric),
    unit: rateUnit(metric),
    queries: [{
      expression: bounded(metric, by, sum(rate(scope.select(metric)), by)),
      legend: legendOf(by),
    }],
    ...(metric.thresholds && { thresholds: metric.thresholds }),
    ...(metric.topic === "errors" && { noValue: noErrors }),
    ...(metric.topic === "errors" && metric.labels === undefined && { shadesOf: colors.bad }),
  });
}

/** An amount, and the gauge that limits it as a line of its own. */
function amountPanel(
  metric: MetricDefinition,
  scope: Scope,
  limit: MetricDefinition | undefined,
): SizedPanel {
  const by = ["instance", ...Object.keys(metric.labels ?? {})];
  const expression = bounded(metric, by, sum(scope.select(metric), by));
  return timeSeriesPanel({
    title: titleOf(metric),
    description: describeMetric(...(limit === undefined ? [metric] : [metric, limit])),
    unit: valueUnit(metric),
    queries: [
      { expression, legend: legendOf(by) },
      ...(limit === undefined ? [] : [limitQuery(limit, scope)]),
    ],
    ...(limit !== undefined && { colorsByName: { [`^${limitName}\\b`]: colors.bad } }),
    ...(metric.thresholds && { thresholds: metric.thresholds }),
  });
}

/** The least of all hosts: where the first one is full. */
function limitQuery(limit: MetricDefinition, scope: Scope): PanelQuery {
  const by = Object.keys(limit.labels ?? {});
  return {
    expression: min(scope.select(limit), by),
    legend: [limitName, legendOf(by)].join(" ").trim(),
  };
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
    queries: [{ expression, legend: legendOf(by) }],
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
    title: `${titleOf(metric)}: ${isEnd ? "time left" : "how long ago"}`,
    description: describeMetric(metric),
    unit: "s",
    isSigned: true,
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

function histogramPanels(metric: Histogram, scope: Scope): SizedPanel[] {
  const buckets = scope.select<Histogram>(metric, {}, "bucket");
  return [
    heatmapPanel({
      title: `${titleOf(metric)}: distribution`,
      description: describeMetric(metric),
      unit: valueUnit(metric),
      queries: [{ expression: sum(rate(buckets), ["le"]) }],
    }),
    { ...quantilesPanel(`${titleOf(metric)}: quantiles`, metric, scope), width: 12 },
  ];
}
