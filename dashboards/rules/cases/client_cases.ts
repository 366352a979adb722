import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, app1, ofConnector, ofRelay, relay1 } from "./alert_case.ts";

const completed = ofRelay(relayMetrics.handshakes, { result: "completed" });
const failed = ofRelay(relayMetrics.handshakes, { result: "failed" });
const established = ofRelay(relayMetrics.establishedConnections);

/** Who comes, who stays, and who is not let in. */
export const clientCases: Readonly<Record<string, AlertCases>> = {
  ZtnaReconnectStorm: {
    fires: [{
      what: "500 clients that come anew every 50 s",
      series: { [completed]: "0+150x60", [established]: "500x60" },
      at: "12m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): 3k clients have connected anew in five minutes",
      }],
    }],
    silent: [
      {
        what: "2,000 clients of a relay that is restarted, who all come at once",
        series: { [completed]: "0x10 0+500x4 2000x60", [established]: "0x12 1000 2000x60" },
        at: "8m",
      },
      {
        what: "three clients that cannot decide",
        series: { [completed]: "0+4x60", [established]: "3x60" },
        at: "12m",
      },
    ],
  },
  ZtnaClientsLost: {
    fires: [{
      what: "a relay whose network breaks",
      series: {
        [established]: "500x60 20x40",
        [ofRelay(relayMetrics.processStartTimeSeconds)]: "-9000x100",
      },
      at: "20m",
      alerts: [{ labels: relay1, summary: "relay1 (example): only 20 clients are left" }],
    }],
    silent: [
      {
        what: "a restart after which its clients stay elsewhere",
        series: {
          [established]: "500x60 20x40",
          [ofRelay(relayMetrics.processStartTimeSeconds)]: "-9000x60 900x40",
        },
        at: "20m",
      },
      {
        what: "a dozen clients who go home",
        series: {
          [established]: "12x60 1x40",
          [ofRelay(relayMetrics.processStartTimeSeconds)]: "-9000x100",
        },
        at: "20m",
      },
    ],
  },
  ZtnaRelayFlooded: {
    fires: [{
      what: "more first packets than the relay answers",
      series: {
        [ofRelay(relayMetrics.quicPacketsDropped, { reason: "initial_rate_limit" })]: "0+30000x60",
      },
      at: "12m",
      alerts: [{
        labels: { ...relay1, reason: "initial_rate_limit" },
        summary: "relay1 (example): 2k first packets of clients a second are not answered " +
          "(initial_rate_limit)",
      }],
    }],
    silent: [{
      what: "packets of connections that a restart has ended",
      series: {
        [ofRelay(relayMetrics.quicPacketsDropped, { reason: "unknown_connection" })]: "0+30000x60",
      },
      at: "12m",
    }],
  },
  ZtnaUplinkFlaps: {
    fires: [{
      what: "a connector that loses its relay every three minutes",
      series: {
        [ofConnector(connectorMetrics.reconnections)]: "0x11 2x11 4x11 6x11 8x11 10x11 12x11 14x40",
        [ofConnector(connectorMetrics.services)]: "2x200",
      },
      at: "22m",
      alerts: [{
        labels: app1,
        summary: "app1 (example): each uplink was lost 5 times in 15 minutes",
      }],
    }],
    silent: [{
      what: "a rollout that restarts the relay twice",
      series: {
        [ofConnector(connectorMetrics.reconnections)]: "0x20 2x20 4x100",
        [ofConnector(connectorMetrics.services)]: "2x200",
      },
      at: "22m",
    }],
  },
  ZtnaHandshakesFail: {
    fires: [{
      what: "clients of another authority",
      series: { [completed]: "0+15x100", [failed]: "0+15x100" },
      at: "20m",
      alerts: [{ labels: relay1, summary: "relay1 (example): 50% of the handshakes fail" }],
    }],
    silent: [
      {
        what: "one scanner an hour where nobody else comes",
        series: { [completed]: "0x100", [failed]: "0x30 1x100" },
        at: "20m",
      },
      {
        what: "a tenth of many that fail",
        series: { [completed]: "0+135x100", [failed]: "0+15x100" },
        at: "20m",
      },
    ],
  },
  ZtnaRetryTokensRefused: {
    fires: [{
      what: "somebody who forges addresses",
      series: { [ofRelay(relayMetrics.retryTokenFailures)]: "0+150x100" },
      at: "20m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): the relay refuses 10 Retry tokens a second",
      }],
    }],
    silent: [{
      what: "a restart with a new key",
      series: { [ofRelay(relayMetrics.retryTokenFailures)]: "0x20 0+500x4 2000x100" },
      at: "15m",
    }],
  },
  ZtnaClientsRefused: {
    fires: [{
      what: "agents with certificates that have expired",
      series: { [ofRelay(relayMetrics.refusedClients, { reason: "expired" })]: "0+15x120" },
      at: "25m",
      alerts: [{
        labels: { ...relay1, reason: "expired" },
        summary: "relay1 (example): clients are refused for their certificate (expired)",
        description: "It happens 1 times a second.",
      }],
    }],
    silent: [{
      what: "a client that tries once a minute",
      series: {
        [ofRelay(relayMetrics.refusedClients, { reason: "missing" })]: "0 0 0 0+0.25x120",
      },
      at: "25m",
    }],
  },
};
