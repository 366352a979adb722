import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  ReduceDataOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { ThresholdsConfigBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { colorOfThreshold, colors, colorSteps } from "./colors.ts";
import { finishPanel, type PanelOptions, type SizedPanel } from "./panel.ts";

/** What a panel of one number has besides. */
export interface StatOptions extends PanelOptions {
  /** Colour of the number; blue at any value by default. */
  readonly steps?: ThresholdsConfigBuilder;
  /** Text where there is no value, which is good or at least usual then. */
  readonly noValue?: string;
  /** Digits after the point. */
  readonly decimals?: number;
  /** Fills the whole panel with the colour: for what must be seen from afar. */
  readonly isAlarm?: boolean;
  /** Without the course, where it tells nothing. */
  readonly isPlain?: boolean;
}

/** One number, with its course behind it. */
export function statPanel(options: StatOptions): SizedPanel {
  const { steps = colorSteps(colors.neutral), noValue, decimals, isAlarm = false } = options;
  const isMoment = isAlarm || (options.isPlain ?? false);
  const builder = new PanelBuilder()
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
    .colorMode(isAlarm ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(isMoment ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .justifyMode(BigValueJustifyMode.Auto)
    .colorScheme(colorOfThreshold())
    .thresholds(steps);
  if (noValue !== undefined) builder.noValue(noValue);
  if (decimals !== undefined) builder.decimals(decimals);
  return finishPanel(builder, options, isMoment ? "moment" : "lines", { width: 3, height: 4 });
}
