import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { catalogues } from "../catalogue.ts";
import { recordingRules } from "../rules/rule_groups.ts";
import { sweepMetrics } from "../sweep_metrics.ts";
import { inspectExpression } from "./inspect.ts";
import { targetLabels } from "./selector.ts";

/** What Prometheus makes itself of a target or of a rule, by name, with its labels. */
const ownSeries: Readonly<Record<string, readonly string[]>> = {
  up: targetLabels,
  scrape_duration_seconds: targetLabels,
  scrape_samples_scraped: targetLabels,
  ALERTS: [...targetLabels, "alertname", "alertstate", "severity"],
};

/**
 * All series that Prometheus has of a fleet, by name, with the labels that they can have: of the
 * programs, of their scrapes, of our rules, and of sweeps.
 */
export function knownSeries(): ReadonlyMap<string, readonly string[]> {
  const series = new Map(Object.entries(ownSeries));
  for (const { record, expr, labels = {} } of recordingRules) {
    const { grouped, series: sources } = inspectExpression(expr);
    // What a record is made of may be another one, whose labels it keeps.
    const inherited = sources.flatMap(({ name }) => series.get(name) ?? []);
    const own = [...Object.keys(labels), ...grouped.map(({ label }) => label), ...targetLabels];
    series.set(record, [...new Set([...series.get(record) ?? [], ...inherited, ...own])]);
  }
  for (const catalogue of [...Object.values(catalogues), sweepMetrics]) {
    for (const metric of Object.values(catalogue)) {
      const labels = [...targetLabels, ...Object.keys(metric.labels ?? {})];
      for (const name of seriesOf(metric)) {
        series.set(name, name.endsWith("_bucket") ? [...labels, "le"] : labels);
      }
    }
  }
  return series;
}

/** Names of the series that a metric has. */
export function seriesOf({ name, kind }: MetricDefinition): string[] {
  return kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
}
