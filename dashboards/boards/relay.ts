import { relayMetrics } from "../../relay/metrics.ts";
import { colors, colorSteps, thresholdSteps, warningFromOne } from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { statPanel } from "../panels/stat_panel.ts";
import { stateTimelinePanel } from "../panels/state_timeline_panel.ts";
import { readyStates } from "../panels/states.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { histogramQuantile, max, min, rate, ratio, sum, timeLeft } from "../promql/functions.ts";
import { variableScope } from "../promql/scope.ts";
import { commandAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { boardTitles } from "./links.ts";
import { topicRows } from "./topic_rows.ts";
import { boardVariables } from "./variables.ts";

const m = relayMetrics;
const scope = variableScope({ program: "relay" });

/** Everything about relays: what matters first, then every metric that they have. */
export function relayBoard(): Board {
  return {
    uid: "ztna-relay",
    title: boardTitles["ztna-relay"],
    description: "Relays: the golden signals, then every metric by topic.",
    variables: boardVariables({ program: "relay" }),
    annotations: [ownAnnotations(), commandAnnotations()],
    from: "now-3h",
    refresh: "30s",
    sections: [
      { panels: glance() },
      { title: "Golden signals", panels: signals() },
      ...topicRows("relay", scope),
    ],
  };
}

const dropped = sum(rate(scope.select(m.drops)));
const relayed = sum(rate(scope.select(m.datagramsRelayed)));

function glance(): SizedPanel[] {
  return [
    statPanel({
      title: "Relays up",
      description: describe(
        "Relays that Prometheus reaches",
        "Fewer than deployed: look at the host's services, then at the scrape configuration.",
        ["up"],
      ),
      unit: "short",
      queries: [{ expression: sum(scope.selectOwn("up")) }],
      steps: colorSteps(colors.bad, [{ from: 1, color: colors.good }]),
      noValue: "none",
    }),
    statPanel({
      title: "Draining",
      description: describeMetric(m.draining),
      unit: "short",
      queries: [{ expression: sum(scope.select(m.draining)) }],
      steps: warningFromOne(),
    }),
    statPanel({
      title: "Connections",
      description: describeMetric(m.establishedConnections),
      unit: "short",
      queries: [{ expression: sum(scope.select(m.establishedConnections)) }],
    }),
    statPanel({
      title: "Packets relayed",
      description: describeMetric(m.datagramsRelayed),
      unit: "pps",
      queries: [{ expression: relayed }],
    }),
    statPanel({
      title: "Bytes relayed",
      description: describeMetric(m.relayBytes),
      unit: "Bps",
      queries: [{ expression: sum(rate(scope.select(m.relayBytes))) }],
    }),
    statPanel({
      title: "Dropped",
      description: describe(
        "Part of the clients' messages that was dropped",
        m.drops.advice,
        [m.drops.name, m.datagramsRelayed.name],
      ),
      unit: "percentunit",
      decimals: 2,
      queries: [{ expression: ratio(dropped, `${dropped} + ${relayed}`) }],
      steps: thresholdSteps({ warning: 0.001, critical: 0.01 }),
    }),
    statPanel({
      title: "Event loop lag, p99",
      description: describeMetric(m.eventLoopLagSeconds),
      unit: "s",
      queries: [{
        expression: histogramQuantile(0.99, scope.select(m.eventLoopLagSeconds, {}, "bucket")),
      }],
      steps: thresholdSteps(m.eventLoopLagSeconds.thresholds),
    }),
    statPanel({
      title: "First certificate ends in",
      description: describeMetric(m.certificateExpiry),
      unit: "s",
      queries: [{ expression: timeLeft(min(scope.select(m.certificateExpiry))) }],
      steps: thresholdSteps(m.certificateExpiry.thresholds),
    }),
  ];
}

function signals(): SizedPanel[] {
  return [
    timeSeriesPanel({
      title: "Traffic: bytes",
      description: describeMetric(m.quicBytes),
      unit: "Bps",
      queries: [{
        expression: sum(rate(scope.select(m.quicBytes)), ["direction"]),
        legend: "{{direction}}",
      }],
    }),
    timeSeriesPanel({
      title: "Errors: drops by reason",
      description: describeMetric(m.drops),
      unit: "pps",
      queries: [{
        expression: sum(rate(scope.select(m.drops)), ["reason"]),
        legend: "{{reason}}",
      }],
    }),
    timeSeriesPanel({
      title: "Saturation: CPU",
      description: describeMetric(m.processCpuSeconds),
      unit: "percentunit",
      queries: [{
        expression: sum(rate(scope.select(m.processCpuSeconds)), ["instance"]),
        legend: "{{instance}}",
      }],
      thresholds: { warning: 0.7, critical: 0.9 },
    }),
    stateTimelinePanel({
      title: "Ready",
      description: describeMetric(m.ready),
      queries: [{ expression: max(scope.select(m.ready), ["instance"]), legend: "{{instance}}" }],
      states: readyStates,
    }),
  ];
}
