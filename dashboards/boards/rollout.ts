import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { processMetrics } from "../../tunnel/process_metrics.ts";
import { quantilesPanel, ratePanel, totalPanel } from "../panels/chosen_panels.ts";
import { colors } from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import { heatmapPanel } from "../panels/heatmap_panel.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { statPanel } from "../panels/stat_panel.ts";
import { stateTimelinePanel } from "../panels/state_timeline_panel.ts";
import { drainingStates, readyStates } from "../panels/states.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { rateUnit, valueUnit } from "../panels/units.ts";
import { changes, either, increase, max, rate, sum } from "../promql/functions.ts";
import { variableScope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";
import { commandAnnotations, eventAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { firingAlerts, releasesTable } from "./fleet_tables.ts";
import { awayPanel, drainingPanel, relayLossPanel, releasesPanel, upPanel } from "./glance.ts";
import { boardTitles } from "./links.ts";
import { releasesOverTime, upTimeline } from "./over_time.ts";
import { boardVariables } from "./variables.ts";

const relay = relayMetrics;
const connector = connectorMetrics;
const scope = variableScope({ program: "$job" });

/** A restart or deploy as it happens, and what users felt of it. */
export function rolloutBoard(): Board {
  return {
    uid: "ztna-rollout",
    title: boardTitles["ztna-rollout"],
    description: "A restart or deploy as it happens: what the programs do, how connections move, " +
      "and what clients felt. Marks: what commands, processes, drains and alerts did.",
    variables: boardVariables({ program: "both" }),
    annotations: [ownAnnotations(), commandAnnotations(), ...events()],
    from: "now-30m",
    refresh: "10s",
    sections: [
      { panels: glance() },
      { title: "Programs", panels: programs() },
      { title: "Connections move", panels: connections() },
      { title: "What clients felt", panels: felt() },
    ],
  };
}

function events(): Board["annotations"] {
  const { processStartTimeSeconds } = processMetrics;
  return [
    eventAnnotations({
      name: "Process started",
      expression: `${changes(scope.select(processStartTimeSeconds), "1m")} > 0`,
      color: colors.neutral,
      text: "{{job}} on {{instance}}",
    }),
    eventAnnotations({
      name: "Drains",
      // In parentheses: "or" binds more loosely than a comparison.
      expression: `(${
        either(scope.select(relay.draining), scope.select(connector.draining))
      }) == 1`,
      color: colors.warning,
      text: "{{job}} on {{instance}}",
    }),
    eventAnnotations({
      name: "Alert fires",
      // Only its first minute: how long it lasts is on other dashboards.
      expression: `${firingAlerts} unless ${firingAlerts} offset 1m`,
      color: colors.bad,
      text: "{{alertname}} {{instance}}",
    }),
  ];
}

function glance(): SizedPanel[] {
  return [
    upPanel("Programs up", scope),
    releasesPanel(scope),
    drainingPanel(scope),
    awayPanel(scope),
    totalPanel("Connections", relay.establishedConnections, scope),
    statPanel({
      title: "Reconnections in this time",
      description: describeMetric(connector.reconnections),
      unit: valueUnit(connector.services),
      decimals: 0,
      isAlarm: true,
      queries: [{ expression: sum(increase(scope.select(connector.reconnections), "$__range")) }],
      noValue: "no connectors",
    }),
    relayLossPanel("Dropped by relays", scope),
  ];
}

function programs(): SizedPanel[] {
  const draining = either(scope.select(relay.draining), scope.select(connector.draining));
  const ready = either(scope.select(relay.ready), scope.select(connector.ready));
  return [
    releasesOverTime(scope),
    releasesTable(scope),
    upTimeline(scope),
    stateTimelinePanel({
      title: "Ready over time",
      description: describeMetric(relay.ready, connector.ready),
      queries: [{
        expression: max(ready, ["instance", "job"]),
        legend: "{{instance}} {{job}}",
      }],
      states: readyStates,
    }),
    stateTimelinePanel({
      title: "Draining over time",
      description: describeMetric(relay.draining, connector.draining),
      queries: [{
        expression: max(draining, ["instance", "job"]),
        legend: "{{instance}} {{job}}",
      }],
      states: drainingStates,
    }),
  ];
}

function connections(): SizedPanel[] {
  return [
    connectionsPanel(),
    ratePanel("Refused because the relay drains", relay.refusedConnections, scope, {
      by: ["instance"],
    }),
    ratePanel("Handshakes", relay.handshakes, scope, { by: ["result"] }),
    quantilesPanel("Handshakes: how long", relay.handshake, scope),
    ratePanel("Registrations rejected, by reason", relay.rejectedRegistrations, scope, {
      by: ["reason"],
    }),
    ratePanel("Connections ended, by whom", relay.closedConnections, scope, { by: ["by"] }),
    ratePanel("Connectors that took over", relay.connectorTakeovers, scope, { by: ["instance"] }),
    ratePanel("Flows that moved to another connector", relay.flowFailovers, scope, {
      by: ["instance"],
    }),
  ];
}

/** Where the clients are; the sum of all relays is the height. */
function connectionsPanel(): SizedPanel {
  return timeSeriesPanel({
    title: "Connections by relay",
    description: describeMetric(relay.establishedConnections),
    unit: valueUnit(relay.establishedConnections),
    isStacked: true,
    isStepped: true,
    queries: [{
      expression: sum(scope.select(relay.establishedConnections), ["instance"]),
      legend: "{{instance}}",
    }],
  });
}

function felt(): SizedPanel[] {
  return [
    heatmapPanel({
      title: "Outages of services: distribution",
      description: describeMetric(connector.outages),
      unit: valueUnit(connector.outages),
      queries: [{
        expression: sum(increase(scope.select(connector.outages, {}, "bucket")), ["le"]),
      }],
    }),
    { ...quantilesPanel("Outages of services: quantiles", connector.outages, scope), width: 12 },
    ratePanel("Reconnections", connector.reconnections, scope, { by: ["instance"] }),
    ratePanel("Connections lost, by cause", connector.connectionLosses, scope, { by: ["cause"] }),
    ratePanel("Attempts failed, by cause", connector.connectionFailures, scope, { by: ["cause"] }),
    timeSeriesPanel({
      title: "Drops",
      description: describe(
        "Messages and packets that were dropped, at relays and at connectors",
        "Peaks at a restart are packets of clients that have not moved yet. See the reasons on " +
          "the dashboards of relay and connector.",
        [relay.drops.name, connector.drops.name],
      ),
      unit: "pps",
      colorsByName: { "^relays$": colors.bad, "^connectors$": colors.warning },
      queries: [
        { expression: sum(rate(scope.select(relay.drops))), legend: "relays" },
        { expression: sum(rate(scope.select(connector.drops))), legend: "connectors" },
      ],
    }),
    ratePanel("Stateless resets sent", relay.statelessResets, scope, { by: ["instance"] }),
    unknownConnectionsPanel(),
  ];
}

/** Clients that speak to a process that is gone. */
function unknownConnectionsPanel(): SizedPanel {
  const { quicPacketsDropped } = relay;
  const selected = scope.select(quicPacketsDropped, { reason: is("unknown_connection") });
  return timeSeriesPanel({
    title: "Packets of clients that have not noticed",
    description: describeMetric(quicPacketsDropped),
    unit: rateUnit(quicPacketsDropped),
    queries: [{ expression: sum(rate(selected), ["instance"]), legend: "{{instance}}" }],
  });
}
