import type { SizedPanel } from "../panels/panel.ts";
import { thresholdSteps } from "../panels/colors.ts";
import { describe } from "../panels/description.ts";
import { statPanel } from "../panels/stat_panel.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { average, max } from "../promql/functions.ts";
import { matches, seriesSelector } from "../promql/selector.ts";
import { budgetLeft, errorRatio, objective } from "../rules/slo.ts";

const ofFleet = { fleet: matches("$fleet") };
const advice = "packets: see the drops by reason. services: see which uplinks are away. Without " +
  "data, Prometheus has not loaded our recording rules.";

/** How much of the objective's errors may still happen. */
export function budgetPanel(): SizedPanel {
  return statPanel({
    title: "Error budget left",
    description: describe(budgetLeft.help, advice, [budgetLeft.record]),
    unit: "percentunit",
    decimals: 1,
    width: 4,
    height: 8,
    queries: [{
      expression: average(seriesSelector(budgetLeft.record, ofFleet), ["sli"]),
      legend: "{{sli}}",
    }],
    steps: thresholdSteps({ warning: 0.5, critical: 0.1 }),
    noValue: "no rules",
  });
}

/** What goes wrong, against what may. */
export function errorRatioPanel(): SizedPanel {
  const record = errorRatio("1h");
  return timeSeriesPanel({
    title: "Errors against the objective",
    description: describe(
      `Part of packets and of services' time that was lost in an hour; ${
        objective * 100
      } % are promised`,
      advice,
      [record],
    ),
    unit: "percentunit",
    queries: [{
      expression: max(seriesSelector(record, ofFleet), ["sli"]),
      legend: "{{sli}}",
    }],
    thresholds: { warning: 1 - objective, critical: 10 * (1 - objective) },
  });
}
