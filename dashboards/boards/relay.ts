import { relayMetrics } from "../../relay/metrics.ts";
import { catalogues } from "../catalogue.ts";
import {
  flagPanel,
  highPercentilePanel,
  quantilesPanel,
  ratePanel,
  totalPanel,
  totalRatePanel,
} from "../panels/chosen_panels.ts";
import { colors } from "../panels/colors.ts";
import { describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { timeSeriesPanel } from "../panels/time_series_panel.ts";
import { rateUnit, valueUnit } from "../panels/units.ts";
import { rate, sum } from "../promql/functions.ts";
import { variableScope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";
import { commandAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { fullnessPanel } from "./fullness.ts";
import { certificatePanel, drainingPanel, lagPanel, relayLossPanel, upPanel } from "./glance.ts";
import { boardTitles } from "./links.ts";
import { topicRows } from "./topic_rows.ts";
import { boardVariables } from "./variables.ts";

const m = relayMetrics;
const scope = variableScope({ program: "relay", hasService: true });

/** Everything about relays: what matters first, then every metric that they have. */
export function relayBoard(): Board {
  return {
    uid: "ztna-relay",
    title: boardTitles["ztna-relay"],
    description: "Relays: the golden signals, services and clients, then every metric by topic.",
    variables: boardVariables({ program: "relay", servicesOf: m.serviceConnectors }),
    annotations: [ownAnnotations(), commandAnnotations()],
    from: "now-3h",
    refresh: "30s",
    sections: [
      { panels: glance() },
      { title: "Golden signals", panels: signals() },
      { title: "Services and clients", panels: clients() },
      ...topicRows("relay", scope),
    ],
  };
}

function glance(): SizedPanel[] {
  return [
    upPanel("Relays up", scope),
    drainingPanel(scope),
    totalPanel("Agents", m.agents, scope),
    totalPanel("Connectors", m.connectors, scope),
    totalRatePanel("Packets relayed", m.datagramsRelayed, scope),
    relayLossPanel("Dropped", scope),
    lagPanel(scope),
    certificatePanel(scope),
  ];
}

function signals(): SizedPanel[] {
  return [
    ratePanel("Traffic: bytes relayed", m.relayBytes, scope, { by: ["instance"] }),
    ratePanel("Errors: drops by reason", m.drops, scope, { by: ["reason"] }),
    refusedPanel(),
    earlyDropsPanel(),
    quantilesPanel("Latency: forwarding", m.forwarding, scope),
    quantilesPanel("Latency: handshakes", m.handshake, scope),
    highPercentilePanel("Latency: event loop lag, p99", m.eventLoopLagSeconds, scope, {
      by: ["instance"],
    }),
    ratePanel("Saturation: CPU", m.processCpuSeconds, scope, { by: ["instance"] }),
    fullnessPanel("Saturation: limits in use", catalogues.relay, scope),
  ];
}

/** Everything for which a client is turned away. */
function refusedPanel(): SizedPanel {
  const { registrationRejections, refusedClients, handshakes, retryTokenFailures } = m;
  return timeSeriesPanel({
    title: "Errors: clients refused",
    description: describeMetric(
      registrationRejections,
      refusedClients,
      handshakes,
      retryTokenFailures,
    ),
    unit: rateUnit(registrationRejections),
    queries: [
      { expression: sum(rate(scope.select(registrationRejections))), legend: "registrations" },
      { expression: sum(rate(scope.select(refusedClients))), legend: "certificates" },
      {
        expression: sum(rate(scope.select(handshakes, { result: is("failed") }))),
        legend: "handshakes",
      },
      { expression: sum(rate(scope.select(retryTokenFailures))), legend: "retry tokens" },
    ],
  });
}

/** Packets that no connection has seen: the system or the QUIC layer has dropped them. */
function earlyDropsPanel(): SizedPanel {
  const { socketDrops, quicPacketsDropped } = m;
  return timeSeriesPanel({
    title: "Errors: packets that reached no client's connection",
    description: describeMetric(socketDrops, quicPacketsDropped),
    unit: rateUnit(quicPacketsDropped),
    queries: [
      { expression: sum(rate(scope.select(socketDrops))), legend: "receive buffer full" },
      {
        expression: sum(rate(scope.select(quicPacketsDropped)), ["reason"]),
        legend: "{{reason}}",
      },
    ],
  });
}

function clients(): SizedPanel[] {
  return [
    ratePanel("Bytes by service", m.serviceBytes, scope, { by: ["service"] }),
    ratePanel("Drops by service", m.serviceDrops, scope, { by: ["service"], shadesOf: colors.bad }),
    timeSeriesPanel({
      title: "Agents and connectors",
      description: describeMetric(m.agents, m.connectors),
      unit: valueUnit(m.agents),
      isStepped: true,
      queries: [
        { expression: sum(scope.select(m.agents)), legend: "agents" },
        { expression: sum(scope.select(m.connectors)), legend: "connectors" },
      ],
    }),
    ratePanel("Registrations rejected, by reason", m.rejectedRegistrations, scope, {
      by: ["reason"],
    }),
    flagPanel("Ready over time", m.ready, scope),
    flagPanel("Draining over time", m.draining, scope),
  ];
}
