import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { processMetrics } from "../../tunnel/process_metrics.ts";
import {
  badFromOne,
  colors,
  colorSteps,
  thresholdSteps,
  warningFromOne,
} from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { statPanel } from "../panels/stat_panel.ts";
import { stateTimelinePanel } from "../panels/state_timeline_panel.ts";
import { upStates } from "../panels/states.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import {
  count,
  either,
  histogramQuantile,
  max,
  min,
  rate,
  ratio,
  sum,
  timeLeft,
  topk,
} from "../promql/functions.ts";
import { variableScope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";
import { commandAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { certificatesTable, firingAlerts, firingAlertsTable, hostsTable } from "./fleet_tables.ts";
import { boardTitles } from "./links.ts";
import { boardVariables } from "./variables.ts";

const relay = relayMetrics;
const connector = connectorMetrics;
const scope = variableScope({ program: "$job" });
/** How many of the worst hosts a panel shows. */
const worstHosts = 5;

/** One glance: is everything all right, what is draining, which release runs where. */
export function fleetBoard(): Board {
  return {
    uid: "ztna-fleet",
    title: boardTitles["ztna-fleet"],
    description: "Is everything all right, what is draining, and which release runs where.",
    variables: boardVariables({ program: "both" }),
    annotations: [ownAnnotations(), commandAnnotations()],
    from: "now-6h",
    refresh: "30s",
    sections: [
      { panels: glance() },
      { title: "Hosts", panels: [hostsTable(scope)] },
      { title: "What wants attention", panels: attention() },
      { title: "Over time", panels: overTime() },
      { title: "Worst hosts", panels: worst() },
    ],
  };
}

const stateOf = (state: string): string =>
  scope.select(connector.uplinkState, { state: is(state) });

function glance(): SizedPanel[] {
  return [
    statPanel({
      title: "Targets up",
      description: describe(
        "Programs that Prometheus reaches",
        "Fewer than deployed: the next panel says how many are down; the table below says which.",
        ["up"],
      ),
      unit: "short",
      isAlarm: true,
      queries: [{ expression: sum(scope.selectOwn("up")) }],
      steps: colorSteps(colors.bad, [{ from: 1, color: colors.good }]),
      noValue: "no targets",
    }),
    statPanel({
      title: "Targets down",
      description: describe(
        "Programs that Prometheus does not reach",
        "Run `deno task status`, then see the journal of the host that the table below names.",
        ["up"],
      ),
      unit: "short",
      isAlarm: true,
      queries: [{ expression: sum(`1 - ${scope.selectOwn("up")}`) }],
      steps: badFromOne(),
      noValue: "no targets",
    }),
    statPanel({
      title: "Alerts firing",
      description: describe(
        "Alerts that fire in the chosen fleets",
        "The table below lists them; each has a runbook in docs/runbooks.",
        ["ALERTS"],
      ),
      unit: "short",
      isAlarm: true,
      queries: [{
        expression: either(
          count(firingAlerts),
          `0 * ${count(scope.selectOwn("up"))}`,
        ),
      }],
      steps: badFromOne(),
      noValue: "no targets",
    }),
    statPanel({
      title: "Relays draining",
      description: describeMetric(relay.draining),
      unit: "short",
      isAlarm: true,
      queries: [{ expression: sum(scope.select(relay.draining)) }],
      steps: warningFromOne(),
      noValue: "no relays",
    }),
    statPanel({
      title: "Services away",
      description: describeMetric(connector.uplinkState),
      unit: "short",
      isAlarm: true,
      queries: [{ expression: sum(`1 - ${stateOf("registered")}`) }],
      steps: badFromOne(),
      noValue: "no connectors",
    }),
    statPanel({
      title: "Releases running",
      description: describeMetric(processMetrics.buildInfo),
      unit: "short",
      isAlarm: true,
      queries: [{ expression: count(count(scope.select(processMetrics.buildInfo), ["release"])) }],
      steps: colorSteps(colors.good, [{ from: 2, color: colors.warning }]),
      noValue: "none",
    }),
    statPanel({
      title: "Dropped by relays",
      description: describe(
        "Part of the clients' messages that relays have dropped",
        relay.drops.advice,
        [relay.drops.name, relay.datagramsRelayed.name],
      ),
      unit: "percentunit",
      decimals: 2,
      queries: [{ expression: ratio(dropped, `${dropped} + ${relayed}`) }],
      steps: thresholdSteps({ warning: 0.001, critical: 0.01 }),
    }),
    statPanel({
      title: "First certificate ends in",
      description: describeMetric(relay.certificateExpiry, connector.certificateExpiry),
      unit: "s",
      queries: [{
        expression: timeLeft(
          min(
            either(
              scope.select(relay.certificateExpiry),
              scope.select(connector.certificateExpiry),
            ),
          ),
        ),
      }],
      steps: thresholdSteps(relay.certificateExpiry.thresholds),
    }),
  ];
}

const dropped = sum(rate(scope.select(relay.drops)));
const relayed = sum(rate(scope.select(relay.datagramsRelayed)));

function attention(): SizedPanel[] {
  return [firingAlertsTable(), certificatesTable(scope)];
}

function overTime(): SizedPanel[] {
  return [
    stateTimelinePanel({
      title: "Up",
      description: describe(
        "Whether Prometheus reaches each program",
        "Down without a restart: see the journal of the host.",
        ["up"],
      ),
      queries: [{
        expression: max(scope.selectOwn("up"), ["instance", "job"]),
        legend: "{{instance}} {{job}}",
      }],
      states: upStates,
    }),
    timeSeriesPanel({
      title: "Processes by release",
      description: describeMetric(processMetrics.buildInfo),
      unit: "short",
      isStacked: true,
      isStepped: true,
      width: 12,
      queries: [{
        expression: count(scope.select(processMetrics.buildInfo), ["release", "job"]),
        legend: "{{release}} {{job}}",
      }],
    }),
    timeSeriesPanel({
      title: "Relayed",
      description: describeMetric(relay.relayBytes),
      unit: "Bps",
      queries: [{
        expression: topk(10, sum(rate(scope.select(relay.relayBytes)), ["instance"])),
        legend: "{{instance}}",
      }],
    }),
    timeSeriesPanel({
      title: "Connections",
      description: describeMetric(relay.agents, relay.connectors),
      unit: "short",
      queries: [
        { expression: sum(scope.select(relay.agents)), legend: "agents" },
        { expression: sum(scope.select(relay.connectors)), legend: "connectors" },
      ],
    }),
    timeSeriesPanel({
      title: "Drops",
      description: describeMetric(relay.drops, connector.drops),
      unit: "pps",
      color: colors.bad,
      queries: [
        { expression: sum(rate(scope.select(relay.drops))), legend: "relays" },
        { expression: sum(rate(scope.select(connector.drops))), legend: "connectors" },
      ],
    }),
  ];
}

function worst(): SizedPanel[] {
  const byHost = ["instance", "job"];
  const legend = "{{instance}} {{job}}";
  return [
    timeSeriesPanel({
      title: "CPU: the highest",
      description: describeMetric(processMetrics.processCpuSeconds),
      unit: "percentunit",
      queries: [{
        expression: topk(
          worstHosts,
          sum(rate(scope.select(processMetrics.processCpuSeconds)), byHost),
        ),
        legend,
      }],
      thresholds: processMetrics.processCpuSeconds.thresholds,
    }),
    timeSeriesPanel({
      title: "Event loop lag, p99: the highest",
      description: describeMetric(processMetrics.eventLoopLagSeconds),
      unit: "s",
      queries: [{
        expression: topk(
          worstHosts,
          histogramQuantile(
            0.99,
            scope.select(processMetrics.eventLoopLagSeconds, {}, "bucket"),
            byHost,
          ),
        ),
        legend,
      }],
      thresholds: processMetrics.eventLoopLagSeconds.thresholds,
    }),
    timeSeriesPanel({
      title: "Memory: the highest",
      description: describeMetric(processMetrics.processResidentMemoryBytes),
      unit: "bytes",
      queries: [{
        expression: topk(
          worstHosts,
          max(scope.select(processMetrics.processResidentMemoryBytes), byHost),
        ),
        legend,
      }],
    }),
  ];
}
