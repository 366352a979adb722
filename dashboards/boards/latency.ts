import { connectorMetrics } from "../../connector/metrics.ts";
import { legendOf, mostSeries } from "../panels/chosen_panels.ts";
import { describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { valueUnit } from "../panels/units.ts";
import { max, topk } from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";

/** Round trips between connectors and relays, the longest ones. */
export function rttPanel(title: string, scope: Scope): SizedPanel {
  const { relayRtt } = connectorMetrics;
  const by = ["instance", "service"];
  return timeSeriesPanel({
    title,
    description: describeMetric(relayRtt),
    unit: valueUnit(relayRtt),
    queries: [{
      expression: topk(mostSeries, max(scope.select(relayRtt), by)),
      legend: legendOf(by),
    }],
    thresholds: relayRtt.thresholds,
  });
}
