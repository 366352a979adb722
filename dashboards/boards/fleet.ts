import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { processMetrics } from "../../tunnel/process_metrics.ts";
import { highPercentilePanel, legendOf, ratePanel } from "../panels/chosen_panels.ts";
import { badFromOne, colors } from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { statPanel } from "../panels/stat_panel.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { valueUnit } from "../panels/units.ts";
import { count, either, max, rate, sum, topk } from "../promql/functions.ts";
import { variableScope } from "../promql/scope.ts";
import { commandAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { certificatesTable, firingAlerts, firingAlertsTable, hostsTable } from "./fleet_tables.ts";
import {
  awayPanel,
  certificatePanel,
  drainingPanel,
  relayLossPanel,
  releasesPanel,
  upPanel,
} from "./glance.ts";
import { boardTitles } from "./links.ts";
import { budgetPanel, errorRatioPanel } from "./objective.ts";
import { releasesOverTime, upTimeline } from "./over_time.ts";
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

function glance(): SizedPanel[] {
  return [
    upPanel("Programs up", scope),
    statPanel({
      title: "Programs down",
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
      title: "Alerts",
      description: describe(
        "Alerts that fire in the chosen fleets",
        "The table below lists them; each has a runbook in docs/runbooks.",
        ["ALERTS"],
      ),
      unit: "short",
      isAlarm: true,
      queries: [{
        expression: either(count(firingAlerts), `0 * ${count(scope.selectOwn("up"))}`),
      }],
      steps: badFromOne(),
      noValue: "no targets",
    }),
    drainingPanel(scope),
    awayPanel(scope),
    releasesPanel(scope),
    relayLossPanel("Dropped by relays", scope),
    certificatePanel(scope),
  ];
}

function attention(): SizedPanel[] {
  return [firingAlertsTable(), certificatesTable(scope), budgetPanel()];
}

function overTime(): SizedPanel[] {
  return [
    upTimeline(scope),
    releasesOverTime(scope),
    errorRatioPanel(),
    ratePanel("Relayed", relay.relayBytes, scope, { by: ["instance"] }),
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
      colorsByName: { "^relays$": colors.bad, "^connectors$": colors.warning },
      queries: [
        { expression: sum(rate(scope.select(relay.drops))), legend: "relays" },
        { expression: sum(rate(scope.select(connector.drops))), legend: "connectors" },
      ],
    }),
  ];
}

function worst(): SizedPanel[] {
  const most = { by: ["instance", "job"], most: worstHosts } as const;
  const { processCpuSeconds, eventLoopLagSeconds, processResidentMemoryBytes } = processMetrics;
  return [
    ratePanel("CPU: the highest", processCpuSeconds, scope, most),
    highPercentilePanel("Event loop lag, p99: the highest", eventLoopLagSeconds, scope, most),
    timeSeriesPanel({
      title: "Memory: the highest",
      description: describeMetric(processResidentMemoryBytes),
      unit: valueUnit(processResidentMemoryBytes),
      queries: [{
        expression: topk(worstHosts, max(scope.select(processResidentMemoryBytes), most.by)),
        legend: legendOf(most.by),
      }],
    }),
  ];
}
