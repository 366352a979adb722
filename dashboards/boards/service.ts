import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import {
  type Counter,
  highPercentilePanel,
  quantilesPanel,
  ratePanel,
  totalPanel,
  totalRatePanel,
} from "../panels/chosen_panels.ts";
import { colors, colorSteps } from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import { metricPanels } from "../panels/metric_panels.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { statPanel } from "../panels/stat_panel.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { rateUnit, valueUnit } from "../panels/units.ts";
import { atLeast, rate, sum } from "../promql/functions.ts";
import { variableScope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";
import { commandAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { awayPanel } from "./glance.ts";
import { rttPanel } from "./latency.ts";
import { boardTitles } from "./links.ts";
import { boardVariables } from "./variables.ts";

const relay = relayMetrics;
const connector = connectorMetrics;
const scope = variableScope({ program: "$job", hasService: true });

/** One service from end to end: agents, relays, connectors and the backend. */
export function serviceBoard(): Board {
  return {
    uid: "ztna-service",
    title: boardTitles["ztna-service"],
    description: "One service from the agents over relays and connectors to its backend: choose " +
      "it above. A relay shows services beyond its bound together as other.",
    variables: boardVariables({ program: "both", servicesOf: connector.uplinkState }),
    annotations: [ownAnnotations(), commandAnnotations()],
    from: "now-3h",
    refresh: "30s",
    sections: [
      { panels: glance() },
      { title: "Traffic each way", panels: traffic() },
      { title: "Latency", panels: latency() },
      { title: "Losses", panels: losses() },
      { title: "Who is registered", panels: registered() },
      { title: "Backend", panels: backend() },
    ],
  };
}

function glance(): SizedPanel[] {
  return [
    totalPanel("Agents", relay.serviceAgents, scope),
    statPanel({
      title: "Connectors",
      description: describeMetric(relay.serviceConnectors),
      unit: valueUnit(relay.serviceConnectors),
      isAlarm: true,
      queries: [{ expression: sum(scope.select(relay.serviceConnectors)) }],
      steps: colorSteps(colors.bad, [{ from: 1, color: colors.good }]),
      noValue: "none",
    }),
    awayPanel(scope),
    totalRatePanel("At relays", relay.servicePackets, scope),
    totalRatePanel("At connectors", connector.packets, scope),
    totalPanel("UDP flows", connector.udpFlows, scope),
    errorRatePanel("Drops", connector.drops),
    errorRatePanel("Backend errors", connector.backendErrors),
  ];
}

/** Green while nothing happens. */
function errorRatePanel(title: string, metric: Counter): SizedPanel {
  return statPanel({
    title,
    description: describeMetric(metric),
    unit: rateUnit(metric),
    queries: [{ expression: sum(rate(scope.select<Counter>(metric))) }],
    noValue: "none",
    // One in a hundred seconds is somebody's mistake; one a second is a fault.
    steps: colorSteps(colors.good, [
      { from: 0.01, color: colors.warning },
      { from: 1, color: colors.bad },
    ]),
  });
}

const toConnector = sum(
  rate(scope.select(relay.servicePackets, { direction: is("to_connector") })),
);
const toAgents = sum(rate(scope.select(relay.servicePackets, { direction: is("to_agent") })));
const toBackend = sum(rate(scope.select(connector.packets, { direction: is("to_backend") })));
const toRelay = sum(rate(scope.select(connector.packets, { direction: is("to_agent") })));

function traffic(): SizedPanel[] {
  const description = describe(
    "Packets at both ends of the tunnel",
    "The two lines are one while nothing is lost between relay and connector; TCP is only in the " +
      "relay's. A gap: see the losses below.",
    [relay.servicePackets.name, connector.packets.name],
  );
  return [
    timeSeriesPanel({
      title: "To the backend",
      description,
      unit: "pps",
      width: 12,
      queries: [
        { expression: toConnector, legend: "relays to connectors" },
        { expression: toBackend, legend: "connectors to backend" },
      ],
    }),
    timeSeriesPanel({
      title: "To the agents",
      description,
      unit: "pps",
      width: 12,
      queries: [
        { expression: toRelay, legend: "connectors to relays" },
        { expression: toAgents, legend: "relays to agents" },
      ],
    }),
    ratePanel("Bytes at relays", relay.serviceBytes, scope, { by: ["service", "direction"] }),
    ratePanel("Payload at connectors", connector.payloadBytes, scope, {
      by: ["service", "direction"],
    }),
    ratePanel("Packets by protocol", connector.packets, scope, { by: ["protocol", "direction"] }),
  ];
}

function latency(): SizedPanel[] {
  return [
    quantilesPanel("In the relay", relay.forwarding, scope),
    rttPanel("Between relay and connector, there and back", scope),
    highPercentilePanel("In the connector, p99", connector.forwarding, scope, {
      by: ["direction"],
    }),
    quantilesPanel("At the backend", connector.backendResponse, scope),
  ];
}

function losses(): SizedPanel[] {
  return [
    timeSeriesPanel({
      title: "Lost between relay and connector",
      description: describe(
        "Packets that one end has sent and the other has not carried",
        "Look at the drops beside this for what was dropped at an end; the rest was lost in the " +
          "network between, or is TCP. Short peaks at a change of traffic are two scrapes that " +
          "are not at the same time.",
        [relay.servicePackets.name, connector.packets.name],
      ),
      unit: "pps",
      shadesOf: colors.bad,
      queries: [
        { expression: atLeast(0, `${toConnector} - ${toBackend}`), legend: "to the backend" },
        { expression: atLeast(0, `${toRelay} - ${toAgents}`), legend: "to the agents" },
      ],
    }),
    ratePanel("Lost on the way to relays", connector.relayPacketsLost, scope, {
      by: ["service"],
      shadesOf: colors.bad,
    }),
    ratePanel("Drops at relays", relay.serviceDrops, scope, {
      by: ["service"],
      shadesOf: colors.bad,
    }),
    ratePanel("Drops at connectors, by reason", connector.drops, scope, { by: ["reason"] }),
    quantilesPanel("Outages", connector.outages, scope),
    ratePanel("Connections lost, by cause", connector.connectionLosses, scope, { by: ["cause"] }),
    ratePanel("Attempts failed, by cause", connector.connectionFailures, scope, { by: ["cause"] }),
  ];
}

function registered(): SizedPanel[] {
  return [
    ...metricPanels(connector.uplinkState, scope),
    timeSeriesPanel({
      title: "Agents and connectors by relay",
      description: describeMetric(relay.serviceAgents, relay.serviceConnectors),
      unit: valueUnit(relay.serviceAgents),
      isStepped: true,
      width: 12,
      queries: [
        {
          expression: sum(scope.select(relay.serviceAgents), ["instance"]),
          legend: "agents at {{instance}}",
        },
        {
          expression: sum(scope.select(relay.serviceConnectors), ["instance"]),
          legend: "connectors at {{instance}}",
        },
      ],
    }),
    ratePanel("Registrations by result", connector.registrations, scope, { by: ["result"] }),
    ratePanel("Connection attempts", connector.connectionAttempts, scope, { by: ["instance"] }),
    ratePanel("Changes of the observed address", connector.observedAddressChanges, scope, {
      by: ["instance"],
    }),
  ];
}

function backend(): SizedPanel[] {
  return [
    ...metricPanels(connector.backendResponse, scope),
    ratePanel("Backend errors by kind", connector.backendErrors, scope, { by: ["kind"] }),
    ...metricPanels(connector.udpFlows, scope),
    ratePanel("UDP flows opened", connector.udpFlowsOpened, scope, { by: ["service"] }),
    ratePanel("UDP flows ended, by reason", connector.udpFlowsEnded, scope, { by: ["reason"] }),
    ratePanel("Names resolved", connector.backendResolutions, scope, { by: ["service"] }),
  ];
}
