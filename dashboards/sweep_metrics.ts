import type { MetricDefinition } from "../tunnel/metric_catalogue.ts";

/**
 * What rules know of the file that `deno task sweep --prom` writes. No program has it: it comes from
 * the node exporter of the machine that sweeps, with that target's labels.
 */
export const sweepMetrics = {
  lastRun: {
    name: "ztna_sweep_last_run_timestamp_seconds",
    kind: "gauge",
    topic: "lifecycle",
    help: "When the last sweep began, in seconds since 1970",
    advice: "See on the machine that sweeps why its timer starts none, or why none ends.",
    unit: "seconds",
    reading: "timestamp",
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
