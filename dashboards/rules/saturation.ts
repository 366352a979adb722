import { relayMetrics } from "../../relay/metrics.ts";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { catalogues } from "../catalogue.ts";
import { increase, max, rate, sum } from "../promql/functions.ts";
import { isOneOf, selector, seriesSelector } from "../promql/selector.ts";
import { duration, instance, number, percentage } from "./annotations.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";
import { byInstance, ourJobs, percentile99 } from "./selection.ts";

/** Part of a limit at which there is time yet to do something about it. */
const limitWarning = 0.8;
/** Part of a limit that one more burst takes. */
const limitCritical = 0.95;

/** The name of all {@linkcode limitUse} rules. */
export const limitUseRecord = "instance:ztna_limit_use:ratio";

const metrics = [
  ...new Set(Object.values(catalogues).flatMap((catalogue) => Object.values(catalogue))),
];

/** The gauges with a limit, by the limit's name: those with the same one fill it together. */
const limited = Map.groupBy(
  metrics.filter((metric) => metric.limit !== undefined),
  ({ limit }) => limit!,
);

/** How full everything is that has a limit in the catalogues; its label `limit` says what. */
const limitUse: readonly RecordingRule[] = [...limited].map(([limit, metrics]) => ({
  record: limitUseRecord,
  help: "How full something with a limit is, from 0 to 1; the label limit names its gauge",
  expr: limitUseExpression(limit, metrics),
  labels: { limit },
}));

/**
 * A limit that is zero or missing gives nothing, where a division would give infinity. A limit with
 * labels is one of each of their values; the fullest of them counts.
 */
function limitUseExpression(limit: string, gauges: readonly MetricDefinition[]): string {
  // Names that begin otherwise than ours are those of any process.
  const matchers = limit.startsWith("ztna_") ? {} : { job: ourJobs };
  const labels = Object.keys(metrics.find(({ name }) => name === limit)?.labels ?? {});
  const by = [...byInstance, ...labels];
  const used = gauges.map(({ name }) => sum(seriesSelector(name, matchers), by));
  const most = sum(seriesSelector(limit, matchers), by);
  const use = `(${used.join("\n  + ")})\n/ (${most} > 0)`;
  return labels.length === 0 ? use : max(use, byInstance);
}

/** Seconds by which a packet is late in the worst of a hundred cases. */
export const eventLoopLag = {
  record: "instance:ztna_event_loop_lag_seconds:p99_rate5m",
  help: "99th percentile of the event loop's lag over five minutes, in seconds",
  expr: percentile99([selector(relayMetrics.eventLoopLagSeconds, {}, "bucket")], "5m"),
} as const;

/** Cores that a process uses. */
export const cpuUse = {
  record: "instance:process_cpu_seconds:rate5m",
  help: "Part of one core that the process has used in the last five minutes",
  expr: sum(rate(selector(relayMetrics.processCpuSeconds, { job: ourJobs }), "5m"), byInstance),
} as const;

const lagThresholds = relayMetrics.eventLoopLagSeconds.thresholds;
const cpuThresholds = relayMetrics.processCpuSeconds.thresholds;

/** Bounds of a whole relay; those of one connection are reached by clients at fault. */
const relayWideLimits = isOneOf(["services", "flows", "addresses"]);

/** How full everything is. */
export const saturationRules: RuleGroup = {
  name: "ztna-saturation",
  recording: [...limitUse, eventLoopLag, cpuUse],
  alerts: [
    {
      alert: "ZtnaLimitNear",
      severity: "warning",
      expr: `${limitUseRecord} > ${limitWarning}`,
      for: "10m",
      summary: `${instance}: ${percentage} of {{ $labels.limit }} are in use`,
      description: "At the limit, packets or clients are refused.",
      advice: "The page has what each limit bounds, and how it is raised.",
      board: "program",
    },
    {
      alert: "ZtnaLimitReached",
      severity: "critical",
      expr: `${limitUseRecord} > ${limitCritical}`,
      for: "2m",
      summary: `${instance}: ${percentage} of {{ $labels.limit }} are in use`,
      description: "Packets or clients are refused now, or will be with the next burst.",
      advice: "The page has what each limit bounds, and how it is raised.",
      board: "program",
    },
    {
      alert: "ZtnaRelayRefusesAtLimit",
      severity: "warning",
      expr: `${
        sum(increase(selector(relayMetrics.limitsReached, { limit: relayWideLimits }), "15m"), [
          ...byInstance,
          "limit",
        ])
      } > 0`,
      for: "0s",
      summary: `${instance}: the relay's limit of {{ $labels.limit }} was reached ${number} times`,
      description: "Clients do not get what they ask for, or lose it early.",
      advice: relayMetrics.limitsReached.advice,
      board: "relay",
    },
    {
      alert: "ZtnaEventLoopLags",
      severity: "warning",
      expr: `${eventLoopLag.record} > ${lagThresholds.warning}`,
      for: "10m",
      summary: `${instance}: {{ $labels.job }} is late by ${duration}`,
      description: "Whatever it does is as late, one time in a hundred.",
      advice: relayMetrics.eventLoopLagSeconds.advice,
      board: "program",
    },
    {
      alert: "ZtnaEventLoopBlocked",
      severity: "critical",
      expr: `${eventLoopLag.record} > ${lagThresholds.critical}`,
      for: "5m",
      summary: `${instance}: {{ $labels.job }} is late by ${duration}`,
      description: "Users notice: calls stutter, and connections begin to time out.",
      advice: relayMetrics.eventLoopLagSeconds.advice,
      board: "program",
    },
    {
      alert: "ZtnaCpuNearOneCore",
      severity: "warning",
      expr: `${cpuUse.record} > ${cpuThresholds.warning}`,
      for: "15m",
      summary: `${instance}: {{ $labels.job }} uses ${percentage} of one core`,
      description: "There is little left for more traffic.",
      advice: relayMetrics.processCpuSeconds.advice,
      board: "program",
    },
  ],
};
