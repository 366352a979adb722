import { processMetrics } from "../../tunnel/process_metrics.ts";
import { legendOf } from "../panels/chosen_panels.ts";
import { describe, describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { stateTimelinePanel } from "../panels/state_timeline_panel.ts";
import { upStates } from "../panels/states.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { valueUnit } from "../panels/units.ts";
import { count, max } from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";

/** Whether each program could be reached. */
export function upTimeline(scope: Scope): SizedPanel {
  const by = ["instance", "job"];
  return stateTimelinePanel({
    title: "Up",
    description: describe(
      "Whether Prometheus reaches each program",
      "Down without a restart: see the journal of the host.",
      ["up"],
    ),
    queries: [{ expression: max(scope.selectOwn("up"), by), legend: legendOf(by) }],
    states: upStates,
  });
}

/** How many processes each release has; one replaces the other in a deploy. */
export function releasesOverTime(scope: Scope): SizedPanel {
  const { buildInfo } = processMetrics;
  const by = ["release", "job"];
  return timeSeriesPanel({
    title: "Processes by release",
    description: describeMetric(buildInfo),
    unit: valueUnit(buildInfo),
    isStacked: true,
    isStepped: true,
    width: 12,
    queries: [{ expression: count(scope.select(buildInfo), by), legend: legendOf(by) }],
  });
}
