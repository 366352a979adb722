import {
  type MetricDefinition,
  type MetricTopic,
  metricTopics,
} from "../../tunnel/metric_catalogue.ts";
import { catalogues, type ScrapedProgram } from "../catalogue.ts";
import type { Section } from "../panels/layout.ts";
import type { SizedPanel } from "../panels/panel.ts";
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

/** Metrics of one topic that read better in one panel; the panel takes the place of the first. */
export interface SharedPanel {
  readonly metrics: readonly MetricDefinition[];
  readonly panel: SizedPanel;
}

/**
 * A closed row for each topic with every metric of a program: what is declared is shown, whatever
 * the panels above choose.
 */
export function topicRows(
  program: ScrapedProgram,
  scope: Scope,
  shared: readonly SharedPanel[] = [],
): Section[] {
  const metrics = Object.values(catalogues[program]) as MetricDefinition[];
  const limitOf = (metric: MetricDefinition): MetricDefinition | undefined =>
    metrics.find(({ name }) => name === metric.limit);
  // Shown as a line of the gauges that they limit.
  const limits = new Set(metrics.map(limitOf));
  const ownPanels = metrics.filter((metric) => !limits.has(metric));
  return metricTopics.flatMap((topic) => {
    const panels = ownPanels.filter((metric) => metric.topic === topic).flatMap((metric) => {
      const together = shared.find(({ metrics }) => metrics.includes(metric));
      if (together === undefined) return metricPanels(metric, scope, limitOf(metric));
      return together.metrics[0] === metric ? [together.panel] : [];
    });
    if (panels.length === 0) return [];
    return [{ title: `All metrics: ${topicTitles[topic]}`, isCollapsed: true, panels }];
  });
}
