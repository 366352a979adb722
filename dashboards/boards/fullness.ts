import type { MetricCatalogue, MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { describe, titleOf } from "../panels/description.ts";
import type { PanelQuery, SizedPanel } from "../panels/panel.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { max, sum } from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";

/** Limits are of one process, and of each value of their labels. */
const byTarget = ["fleet", "instance", "job"];

/**
 * How full everything is that a catalogue has a limit of, on the host where it is fullest. Gauges
 * with the same limit are added up, as they share it.
 */
export function fullnessPanel(title: string, catalogue: MetricCatalogue, scope: Scope): SizedPanel {
  const metrics = Object.values(catalogue) as MetricDefinition[];
  const sharers = Map.groupBy(
    metrics.filter(({ limit }) => limit !== undefined),
    ({ limit }) => metrics.find(({ name }) => name === limit)!,
  );
  const queries = [...sharers].map(([limit, gauges]): PanelQuery => {
    const by = [...byTarget, ...Object.keys(limit.labels ?? {})];
    const used = gauges.map((gauge) => sum(scope.select(gauge), by)).join(" + ");
    // A limit of 0 is none; what is left of a division by it would hide all others.
    const most = `(${sum(scope.select(limit), by)} > 0)`;
    return {
      expression: max(gauges.length === 1 ? `${used} / ${most}` : `(${used}) / ${most}`),
      legend: titleOf({ ...gauges[0]!, labels: {} }),
    };
  });
  return timeSeriesPanel({
    title,
    description: describe(
      "How much of each limit is in use, on the host where it is most",
      "At 100 % clients are refused or packets dropped. The panels of the rows below say for " +
        "each what to do.",
      [...sharers].flatMap(([limit, gauges]) => [...gauges, limit]).map(({ name }) => name),
    ),
    unit: "percentunit",
    max: 1,
    queries,
    thresholds: { warning: 0.8, critical: 0.95 },
  });
}
