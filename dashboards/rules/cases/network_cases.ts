import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, app1, ofConnector, ofRelay, relay1 } from "./alert_case.ts";

/** Packets that are lost between the programs and the network. */
export const networkCases: Readonly<Record<string, AlertCases>> = {
  ZtnaKernelDrops: {
    fires: [{
      what: "1 of 100 packets that the relay does not read in time",
      series: {
        [ofRelay(relayMetrics.quicPackets, { direction: "received" })]: "0+14850x60",
        [ofRelay(relayMetrics.socketDrops)]: "0+150x60",
      },
      at: "12m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): the system drops 1% of what comes in for ztna-relay",
      }],
    }, {
      what: "replies that a connector does not read in time",
      series: {
        [ofConnector(connectorMetrics.quicPackets, { direction: "received" })]: "0+14000x60",
        [
          ofConnector(connectorMetrics.packets, {
            ...{ service: "web", protocol: "udp" },
            direction: "to_agent",
          })
        ]: "0+14000x60",
        [ofConnector(connectorMetrics.socketDrops, { side: "backend" })]: "0+140x60",
      },
      at: "12m",
      alerts: [{
        labels: app1,
        summary: "app1 (example): the system drops 0.4975% of what comes in for ztna-connector",
      }],
    }],
    silent: [{
      what: "90 packets lost while the relay started",
      series: {
        [ofRelay(relayMetrics.quicPackets, { direction: "received" })]: "0+1500x60",
        [ofRelay(relayMetrics.socketDrops)]: "0x4 90x60",
      },
      at: "12m",
    }],
  },
  ZtnaSendErrors: {
    fires: [{
      what: "5 of 100 packets that the system refuses",
      series: {
        [ofRelay(relayMetrics.quicPackets, { direction: "sent" })]: "0+1500x100",
        [ofRelay(relayMetrics.sendErrors)]: "0+75x100",
      },
      at: "20m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): the system refuses to send 5% of the packets of ztna-relay",
      }],
    }],
    silent: [{
      what: "a minute without a route",
      series: {
        [ofRelay(relayMetrics.quicPackets, { direction: "sent" })]: "0+1500x100",
        [ofRelay(relayMetrics.sendErrors)]: "0x20 0+1500x4 6000x100",
      },
      at: "20m",
    }],
  },
  ZtnaRelayPathLossy: {
    fires: [{
      what: "3 of 100 packets that nothing acknowledges",
      series: {
        [ofConnector(connectorMetrics.quicPackets, { direction: "sent" })]: "0+1500x100",
        [ofConnector(connectorMetrics.relayPacketsLost, { service: "web" })]: "0+30x100",
        [ofConnector(connectorMetrics.relayPacketsLost, { service: "dns" })]: "0+15x100",
      },
      at: "20m",
      alerts: [{
        labels: app1,
        summary: "app1 (example): 3% of the packets to the relay are lost on the way",
      }],
    }],
    silent: [{
      what: "1 of 1,000",
      series: {
        [ofConnector(connectorMetrics.quicPackets, { direction: "sent" })]: "0+15000x100",
        [ofConnector(connectorMetrics.relayPacketsLost, { service: "web" })]: "0+15x100",
      },
      at: "20m",
    }],
  },
};
