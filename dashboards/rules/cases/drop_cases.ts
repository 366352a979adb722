import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, app1, ofConnector, ofRelay, relay1 } from "./alert_case.ts";

const relayed = ofRelay(relayMetrics.datagramsRelayed);
const web = { service: "web" };
const carried = ofConnector(connectorMetrics.packets, {
  ...{ ...web, protocol: "udp" },
  direction: "to_backend",
});

/** Packets are delivered, or they are not. */
export const dropCases: Readonly<Record<string, AlertCases>> = {
  ZtnaRelayDrops: {
    fires: [
      {
        what: "3 of 100 packets that find no connector",
        series: {
          [relayed]: "0+1455x60",
          [ofRelay(relayMetrics.drops, { reason: "no_connector" })]: "0+45x60",
          [ofRelay(relayMetrics.drops, { reason: "queue_full" })]: "0+1x60",
        },
        at: "12m",
        alerts: [{
          labels: { ...relay1, reason: "no_connector" },
          summary: "relay1 (example): the relay drops 2.998% of the packets (no_connector)",
        }],
      },
      {
        what: "a relay that delivers nothing at all",
        series: { [ofRelay(relayMetrics.drops, { reason: "no_connector" })]: "0+15x60" },
        at: "12m",
        alerts: [{
          labels: { ...relay1, reason: "no_connector" },
          summary: "relay1 (example): the relay drops 100% of the packets (no_connector)",
        }],
      },
    ],
    silent: [
      {
        what: "a client that sends rubbish",
        series: {
          [relayed]: "0+1455x60",
          [ofRelay(relayMetrics.drops, { reason: "malformed_routed" })]: "0+4500x60",
        },
        at: "12m",
      },
      {
        what: "one lost packet of three in five minutes",
        series: {
          [relayed]: "0 0 0 0 0 1 1 1 1 2x60",
          [ofRelay(relayMetrics.drops, { reason: "no_connector" })]: "0x8 1x60",
        },
        at: "5m",
      },
    ],
  },
  ZtnaConnectorDrops: {
    fires: [{
      what: "2 of 100 packets of a service for which the relay connection is too slow",
      series: {
        [carried]: "0+1470x60",
        [ofConnector(connectorMetrics.drops, { ...web, reason: "reply_queue_full" })]: "0+30x60",
      },
      at: "12m",
      alerts: [{
        labels: { ...app1, ...web, reason: "reply_queue_full" },
        summary: "Service web (example): the connector on app1 drops 2% of the packets " +
          "(reply_queue_full)",
      }],
    }],
    silent: [{
      what: "a backend that refuses",
      series: {
        [carried]: "0+1470x60",
        [ofConnector(connectorMetrics.drops, { ...web, reason: "backend_refused" })]: "0+900x60",
      },
      at: "12m",
    }],
  },
  ZtnaBackendErrors: {
    fires: [{
      what: "an application that does not listen",
      series: {
        [ofConnector(connectorMetrics.backendErrors, { ...web, kind: "refused" })]: "0+30x60",
      },
      at: "12m",
      alerts: [{
        labels: { ...app1, ...web, kind: "refused" },
        summary: "Service web (example): 2 errors of its backend a second (refused)",
        description: "The connector on app1 does not reach the application.",
      }],
    }],
    silent: [{
      what: "an application that is restarted",
      series: {
        [ofConnector(connectorMetrics.backendErrors, { ...web, kind: "refused" })]: "0x20 15 30x60",
      },
      at: "12m",
    }],
  },
};
