import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { MetricThresholds } from "../../tunnel/metric_catalogue.ts";
import { shades, thresholdSteps } from "./colors.ts";
import { finishPanel, type PanelOptions, type SizedPanel } from "./panel.ts";

/** What a panel of lines has besides. */
export interface TimeSeriesOptions extends PanelOptions {
  /** Drawn as dashed lines. */
  readonly thresholds?: MetricThresholds;
  /** A colour whose shades all its series have; a palette by default. */
  readonly shadesOf?: string;
  /** Colours of some series, by a regular expression of their names. */
  readonly colorsByName?: Readonly<Record<string, string>>;
  /** Areas on top of each other, where the sum means something. */
  readonly isStacked?: boolean;
  /** Steps instead of slopes, for what is counted and not measured. */
  readonly isStepped?: boolean;
  /** Upper end of the axis, where there is one. */
  readonly max?: number;
  /** Whether values below 0 are something to see. */
  readonly isSigned?: boolean;
  /** Text where there are no series, which is good then. */
  readonly noValue?: string;
}

/** Lines over time, with a legend that is sorted by the last value. */
export function timeSeriesPanel(options: TimeSeriesOptions): SizedPanel {
  const { thresholds, shadesOf, colorsByName = {}, isStacked = false, isStepped = false } = options;
  const builder = new PanelBuilder()
    .lineWidth(1)
    .fillOpacity(isStacked ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    // A gap of one missed scrape is bridged; a longer one is shown.
    .spanNulls(60_000)
    .lineInterpolation(isStepped ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(["lastNotNull", "max"])
        .sortBy("Last *")
        .sortDesc(true),
    )
    .tooltip(
      new VizTooltipOptionsBuilder()
        .mode(TooltipDisplayMode.Multi)
        .sort(SortOrder.Descending)
        .hideZeros(false),
    );
  if (options.isSigned) builder.axisSoftMin(0);
  else builder.min(0);
  if (options.max !== undefined) builder.max(options.max);
  if (options.noValue !== undefined) builder.noValue(options.noValue);
  if (isStacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (shadesOf !== undefined) builder.colorScheme(shades(shadesOf));
  for (const [pattern, fixedColor] of Object.entries(colorsByName)) {
    builder.overrideByRegexp(pattern, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  }
  if (thresholds !== undefined) {
    builder.thresholds(thresholdSteps(thresholds)).thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed),
    );
  }
  return finishPanel(builder, options, "lines", { width: 8, height: 8 });
}
