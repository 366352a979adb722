import * as units from "@grafana/grafana-foundation-sdk/units";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";

/** Grafana's unit of a gauge's value, or of what a histogram observes. */
export function valueUnit({ unit }: MetricDefinition): string {
  switch (unit) {
    case "seconds":
      return units.Seconds;
    case "bytes":
      return units.BytesIEC;
    case "ratio":
      return units.PercentUnit;
    default:
      return units.Short;
  }
}

/** Grafana's unit of a counter's increase a second. */
export function rateUnit({ name, unit }: MetricDefinition): string {
  switch (unit) {
    // Seconds in a second: of CPU time, the part of one core.
    case "seconds":
      return units.PercentUnit;
    case "bytes":
      return units.BytesPerSecondSI;
    case "ratio":
      return units.PercentUnit;
    default:
      return /_(packets|datagrams|drops)(_|$)/.test(name)
        ? units.PacketsPerSecond
        : eventsPerSecond;
  }
}

/** Grafana's unit for things that happen now and then. */
const eventsPerSecond = units.CountsPerSecond;
