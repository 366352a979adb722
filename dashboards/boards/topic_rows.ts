import {
  type MetricDefinition,
  type MetricTopic,
  metricTopics,
} from "../../tunnel/metric_catalogue.ts";
import { catalogues, type ScrapedProgram } from "../catalogue.ts";
import type { Section } from "../panels/layout.ts";
import { metricPanels } from "../panels/metric_panels.ts";
import type { Scope } from "../promql/scope.ts";

/** Titles of topics, in rows and in the reference. */
export const topicTitles: Readonly<Record<MetricTopic, string>> = {
  traffic: "Traffic",
  errors: "Errors",
  latency: "Latency",
  saturation: "Saturation",
  peers: "Peers",
  lifecycle: "Lifecycle",
  process: "Process",
};

/**
 * A closed row for each topic with every metric of a program: what is declared is shown, whatever
 * the panels above choose.
 */
export function topicRows(program: ScrapedProgram, scope: Scope): Section[] {
  const metrics = Object.values(catalogues[program]) as MetricDefinition[];
  const limitOf = (metric: MetricDefinition): MetricDefinition | undefined =>
    metrics.find(({ name }) => name === metric.limit);
  // Limits are shown as a line of the gauges that they limit.
  const limits = new Set(metrics.map(limitOf));
  return metricTopics.flatMap((topic) => {
    const panels = metrics.filter((metric) => metric.topic === topic && !limits.has(metric))
      .flatMap((metric) => metricPanels(metric, scope, limitOf(metric)))
      // Those of one width together, so that lines are full.
      .sort((a, b) => a.width - b.width);
    if (panels.length === 0) return [];
    return [{ title: `All metrics: ${topicTitles[topic]}`, isCollapsed: true, panels }];
  });
}
