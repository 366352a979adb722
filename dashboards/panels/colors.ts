import {
  FieldColorBuilder,
  FieldColorModeId,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { MetricThresholds } from "../../tunnel/metric_catalogue.ts";

/** What colours mean here; the names are those of Grafana's palette. */
export const colors = {
  good: "green",
  warning: "orange",
  bad: "red",
  neutral: "blue",
  unknown: "gray",
} as const;

/** Where the colour changes, from the lowest value up. */
export interface ColorStep {
  /** The value from which it holds. */
  readonly from: number;
  readonly color: string;
}

/** Steps of colour for Grafana: `base` below the first of `steps`. */
export function colorSteps(
  base: string,
  steps: readonly ColorStep[] = [],
): ThresholdsConfigBuilder {
  // The first step is "from minus infinity", which JSON can only say as null.
  const all: Threshold[] = [{ value: null, color: base }];
  for (const { from, color } of steps) all.push({ value: from, color });
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all);
}

/** Green, orange and red at a metric's thresholds, whichever side is the worse. */
export function thresholdSteps(
  { warning, critical }: MetricThresholds,
): ThresholdsConfigBuilder {
  return critical > warning
    ? colorSteps(colors.good, [
      { from: warning, color: colors.warning },
      { from: critical, color: colors.bad },
    ])
    : colorSteps(colors.bad, [
      { from: critical, color: colors.warning },
      { from: warning, color: colors.good },
    ]);
}

/** Good at 0, and bad from 1 on. */
export const badFromOne = (): ThresholdsConfigBuilder =>
  colorSteps(colors.good, [{ from: 1, color: colors.bad }]);

/** Good at 0, and worth a look from 1 on. */
export const warningFromOne = (): ThresholdsConfigBuilder =>
  colorSteps(colors.good, [{ from: 1, color: colors.warning }]);

/** Another shade of one colour for each series. */
export const shades = (color: string): FieldColorBuilder =>
  new FieldColorBuilder().mode(FieldColorModeId.Shades).fixedColor(color);

/** The colour of the threshold that the value has reached. */
export const colorOfThreshold = (): FieldColorBuilder =>
  new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
