import { connectorMetrics } from "../../connector/metrics.ts";
import { catalogues } from "../catalogue.ts";
import {
  flagPanel,
  highPercentilePanel,
  quantilesPanel,
  ratePanel,
  totalPanel,
  totalRatePanel,
} from "../panels/chosen_panels.ts";
import { metricPanels } from "../panels/metric_panels.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { variableScope } from "../promql/scope.ts";
import { commandAnnotations, ownAnnotations } from "./annotations.ts";
import type { Board } from "./board.ts";
import { fullnessPanel } from "./fullness.ts";
import { awayPanel, certificatePanel, connectorLossPanel, lagPanel, upPanel } from "./glance.ts";
import { rttPanel } from "./latency.ts";
import { boardTitles } from "./links.ts";
import { topicRows } from "./topic_rows.ts";
import { boardVariables } from "./variables.ts";

const m = connectorMetrics;
const scope = variableScope({ program: "connector", hasService: true });

/** Everything about connectors: what matters first, then every metric that they have. */
export function connectorBoard(): Board {
  return {
    uid: "ztna-connector",
    title: boardTitles["ztna-connector"],
    description: "Connectors: the golden signals and uplinks, then every metric by topic.",
    variables: boardVariables({ program: "connector", servicesOf: m.uplinkState }),
    annotations: [ownAnnotations(), commandAnnotations()],
    from: "now-3h",
    refresh: "30s",
    sections: [
      { panels: glance() },
      { title: "Golden signals", panels: signals() },
      { title: "Uplinks", panels: uplinks() },
      ...topicRows("connector", scope),
    ],
  };
}

function glance(): SizedPanel[] {
  return [
    upPanel("Connectors up", scope),
    awayPanel(scope),
    totalPanel("UDP flows", m.udpFlows, scope),
    totalRatePanel("Packets carried", m.packets, scope),
    totalRatePanel("Payload carried", m.payloadBytes, scope),
    connectorLossPanel("Dropped", scope),
    lagPanel(scope),
    certificatePanel(scope),
  ];
}

function signals(): SizedPanel[] {
  return [
    ratePanel("Traffic: payload by direction", m.payloadBytes, scope, { by: ["direction"] }),
    ratePanel("Errors: drops by reason", m.drops, scope, { by: ["reason"] }),
    ratePanel("Errors: at backends, by kind", m.backendErrors, scope, { by: ["kind"] }),
    quantilesPanel("Latency: backends' responses", m.backendResponse, scope),
    rttPanel("Latency: round trip to the relay", scope),
    highPercentilePanel("Latency: forwarding, p99", m.forwarding, scope, { by: ["direction"] }),
    highPercentilePanel("Latency: event loop lag, p99", m.eventLoopLagSeconds, scope, {
      by: ["instance"],
    }),
    ratePanel("Saturation: CPU", m.processCpuSeconds, scope, { by: ["instance"] }),
    fullnessPanel("Saturation: limits in use", catalogues.connector, scope),
  ];
}

function uplinks(): SizedPanel[] {
  return [
    ...metricPanels(m.uplinkState, scope),
    flagPanel("Ready over time", m.ready, scope),
    ratePanel("Connections lost, by cause", m.connectionLosses, scope, { by: ["cause"] }),
    ratePanel("Reconnections", m.reconnections, scope, { by: ["instance"] }),
    quantilesPanel("Outages", m.outages, scope),
  ];
}
