import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { increase, rate, sum } from "../promql/functions.ts";
import { is, isOneOf, selector } from "../promql/selector.ts";
import { instance, number, percentage } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance, onInstance, ourJobs } from "./selection.ts";

/**
 * Times that every client comes anew within five minutes. A rollout brings each of them once, and
 * once more when its next relay is restarted in turn.
 */
const stormFactor = 3;
/** Fewer new connections than this in five minutes are no storm, however few clients there are. */
const smallestStorm = 100;

const completed = sum(
  increase(selector(relayMetrics.handshakes, { result: is("completed") }), "5m"),
  byInstance,
);
const established = sum(
  `avg_over_time(${selector(relayMetrics.establishedConnections)}[5m])`,
  byInstance,
);

const clients = sum(selector(relayMetrics.establishedConnections), byInstance);
const clientsBefore = sum(
  `${selector(relayMetrics.establishedConnections)} offset 10m`,
  byInstance,
);
const startTime = selector(relayMetrics.processStartTimeSeconds, { job: ourJobs });

/** Why a relay does not answer a client's first packets: it has too many of them. */
const floodReasons = [
  "initial_rate_limit",
  "connection_limit",
  "handshake_limit",
] as const satisfies readonly (typeof relayMetrics.quicPacketsDropped.labels.reason[number])[];
const flood = sum(
  rate(selector(relayMetrics.quicPacketsDropped, { reason: isOneOf(floodReasons) }), "5m"),
  [...byInstance, "reason"],
);

const failed = sum(
  rate(selector(relayMetrics.handshakes, { result: is("failed") }), "5m"),
  byInstance,
);
const ended = sum(rate(selector(relayMetrics.handshakes), "5m"), byInstance);

const flaps = `${sum(increase(selector(connectorMetrics.reconnections), "15m"), byInstance)}
/ ${onInstance} ${sum(selector(connectorMetrics.services), byInstance)}`;

/** Who comes, who stays, and who is not let in. */
export const clientRules: RuleGroup = {
  name: "ztna-clients",
  recording: [],
  alerts: [
    {
      alert: "ZtnaReconnectStorm",
      severity: "warning",
      expr: `${completed}
> ${onInstance} ${stormFactor} * ${established}
> ${smallestStorm}`,
      for: "5m",
      summary: `${instance}: ${number} clients have connected anew in five minutes`,
      description: `That is more than ${stormFactor} times as many as it has: they come and go.`,
      advice: relayMetrics.closedConnections.advice,
      board: "relay",
    },
    {
      alert: "ZtnaClientsLost",
      severity: "warning",
      // After a restart, clients are where they went meanwhile: that is nobody's loss.
      expr: `${clients} < 0.5 * ${clientsBefore}
and ${clientsBefore} > 20
unless ${onInstance} time() - ${startTime} < 1200`,
      for: "2m",
      summary: `${instance}: only ${number} clients are left`,
      description: "Ten minutes ago there were more than twice as many, and the relay has not " +
        "been restarted.",
      advice: relayMetrics.closedConnections.advice,
      board: "relay",
    },
    {
      alert: "ZtnaRelayFlooded",
      severity: "warning",
      expr: `${flood} > 10`,
      for: "5m",
      summary: `${instance}: ${number} first packets of clients a second are not answered ` +
        "({{ $labels.reason }})",
      description: "More clients want to come than the relay takes. Honest ones wait, too.",
      advice: relayMetrics.quicPacketsDropped.advice,
      board: "relay",
    },
    {
      alert: "ZtnaUplinkFlaps",
      severity: "warning",
      expr: `${flaps} > 3`,
      for: "5m",
      summary: `${instance}: each uplink was lost ${number} times in 15 minutes`,
      description: "The connector loses its relay again and again, and its services with it.",
      advice: connectorMetrics.connectionLosses.advice,
      board: "connector",
    },
    {
      alert: "ZtnaHandshakesFail",
      severity: "warning",
      // Some always fail on bad networks; one in five, and one in ten seconds, is something else.
      expr: `${failed} / ${ended} > 0.2
and ${failed} > 0.1`,
      for: "10m",
      summary: `${instance}: ${percentage} of the handshakes fail`,
      description: "Clients reach the relay and do not get in.",
      advice: relayMetrics.handshakes.advice,
      board: "relay",
    },
    {
      alert: "ZtnaRetryTokensRefused",
      severity: "warning",
      expr: `${sum(rate(selector(relayMetrics.retryTokenFailures), "5m"), byInstance)} > 1`,
      // Tokens live for 60 s: those of the process before a restart are over long before.
      for: "10m",
      summary: `${instance}: the relay refuses ${number} Retry tokens a second`,
      description: "Clients bring proofs of their address that are not good.",
      advice: relayMetrics.retryTokenFailures.advice,
      board: "relay",
    },
    {
      alert: "ZtnaClientsRefused",
      severity: "warning",
      expr: `${
        sum(rate(selector(relayMetrics.refusedClients), "5m"), [...byInstance, "reason"])
      } > 0.1`,
      for: "15m",
      summary: `${instance}: clients are refused for their certificate ({{ $labels.reason }})`,
      description: `It happens ${number} times a second.`,
      advice: relayMetrics.refusedClients.advice,
      board: "relay",
    },
  ],
};
