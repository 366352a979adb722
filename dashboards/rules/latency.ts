import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { max, rate, sum } from "../promql/functions.ts";
import { selector } from "../promql/selector.ts";
import { duration, instance, service } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance, percentile99 } from "./selection.ts";

/** How long a packet is under way inside a program, in the worst of a hundred cases. */
export const forwardingTime = {
  record: "instance:ztna_forwarding_seconds:p99_rate5m",
  help: "99th percentile of the time that a packet takes through a program, in seconds",
  expr: percentile99([
    selector(relayMetrics.forwarding, {}, "bucket"),
    selector(connectorMetrics.forwarding, {}, "bucket"),
  ], "5m"),
} as const;

// Both programs' thresholds are the same: one path, two halves.
const forwardingThresholds = relayMetrics.forwarding.thresholds;
const responseThresholds = connectorMetrics.backendResponse.thresholds;
const rttThresholds = connectorMetrics.relayRtt.thresholds;

const perService = [...byInstance, "service"] as const;
const backendResponse = `histogram_quantile(0.99, ${
  sum(rate(selector(connectorMetrics.backendResponse, {}, "bucket"), "15m"), [...perService, "le"])
})`;

/** Packets that arrive late. */
export const latencyRules: RuleGroup = {
  name: "ztna-latency",
  recording: [forwardingTime],
  alerts: [
    {
      alert: "ZtnaForwardingSlow",
      severity: "warning",
      expr: `${forwardingTime.record} > ${forwardingThresholds.warning}`,
      for: "10m",
      summary: `${instance}: packets take ${duration} through {{ $labels.job }}`,
      description: "One in a hundred takes as long, or longer.",
      advice: "With high CPU and event loop lag the program is too small. Without them packets " +
        "wait for a slow network: see what waits.",
      board: "program",
    },
    {
      alert: "ZtnaBackendSlow",
      severity: "warning",
      // Where the board turns red. Below, it depends on the application what is slow.
      expr: `${backendResponse} > ${responseThresholds.critical}`,
      for: "15m",
      summary: `${service}: its backend takes ${duration} to answer`,
      description: "So says the connector on {{ $labels.instance }}, of one flow in a hundred.",
      advice: connectorMetrics.backendResponse.advice,
      board: "service",
    },
    {
      alert: "ZtnaRelayFar",
      severity: "warning",
      // Where the board turns red: twice the way around the world.
      expr: `${
        max(`avg_over_time(${selector(connectorMetrics.relayRtt)}[5m])`, perService)
      } > ${rttThresholds.critical}`,
      for: "15m",
      summary: `${service}: ${duration} from the connector on {{ $labels.instance }} to its ` +
        "relay and back",
      description: "Users wait that much longer for every answer.",
      advice: connectorMetrics.relayRtt.advice,
      board: "connector",
    },
  ],
};
