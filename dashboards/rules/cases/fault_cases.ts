import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, app1, ofConnector, ofRelay, relay1 } from "./alert_case.ts";

/** Faults of the programs themselves. */
export const faultCases: Readonly<Record<string, AlertCases>> = {
  ZtnaProgramFault: {
    fires: [
      {
        what: "a relay whose handler has thrown",
        series: { [ofRelay(relayMetrics.handlerErrors)]: "0x20 1x200" },
        at: "15m",
        alerts: [{ labels: relay1, summary: "relay1 (example): a fault in ztna-relay itself" }],
      },
      {
        what: "a connector that has dropped packets for a fault of its own",
        series: {
          [ofConnector(connectorMetrics.drops, { service: "web", reason: "internal" })]:
            "0x20 5x200",
        },
        at: "15m",
        alerts: [{ labels: app1, summary: "app1 (example): a fault in ztna-connector itself" }],
      },
      {
        what: "a connector whose handler has thrown",
        series: { [ofConnector(connectorMetrics.handlerErrors)]: "0x20 1x200" },
        at: "15m",
        alerts: [{ labels: app1, summary: "app1 (example): a fault in ztna-connector itself" }],
      },
    ],
    silent: [{
      what: "packets that nobody could understand",
      series: {
        [ofRelay(relayMetrics.handlerErrors)]: "0x220",
        [ofConnector(connectorMetrics.drops, { service: "web", reason: "bad_ipv4" })]: "0+15x200",
      },
      at: "15m",
    }],
  },
};
