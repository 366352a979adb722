import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { colorOfThreshold, colors, colorSteps } from "./colors.ts";
import { finishPanel, type PanelOptions, type SizedPanel } from "./panel.ts";
import { type State, stateMapping } from "./states.ts";

/** What a panel of states has besides; the unit is that of no number. */
export interface StateTimelineOptions extends Omit<PanelOptions, "unit"> {
  readonly states: readonly State[];
}

/** One bar for each series, in the colours and with the words of its states. */
export function stateTimelinePanel(options: StateTimelineOptions): SizedPanel {
  const builder = new PanelBuilder()
    .mappings([stateMapping(options.states)])
    .colorScheme(colorOfThreshold())
    .thresholds(colorSteps(colors.unknown))
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(75)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single).sort(SortOrder.None),
    );
  return finishPanel(builder, { ...options, unit: "none" }, "lines", { width: 12, height: 7 });
}
