import { connectorMetrics } from "../connector/metrics.ts";
import { relayMetrics } from "../relay/metrics.ts";
import type { MetricCatalogue, MetricDefinition } from "../tunnel/metric_catalogue.ts";
import { processMetrics } from "../tunnel/process_metrics.ts";

/** A program that Prometheus scrapes; its `job` is the name with `ztna-` before it. */
export type ScrapedProgram = "relay" | "connector";

/** Everything that each program measures, the metrics of its process included. */
export const catalogues: Readonly<Record<ScrapedProgram, MetricCatalogue>> = {
  relay: relayMetrics,
  connector: connectorMetrics,
};

/** Value of the label `job` for each program. */
export const jobs: Readonly<Record<ScrapedProgram, string>> = {
  relay: "ztna-relay",
  connector: "ztna-connector",
};

const isShared = new Set<string>(Object.values(processMetrics).map(({ name }) => name));

/** A program's own metrics, without those that every process has. */
export function ownMetrics(program: ScrapedProgram): MetricDefinition[] {
  return Object.values(catalogues[program]).filter(({ name }) => !isShared.has(name));
}

/** What every process measures. */
export const sharedMetrics: readonly MetricDefinition[] = Object.values(processMetrics);
