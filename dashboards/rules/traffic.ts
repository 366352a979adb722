import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { rate, sum } from "../promql/functions.ts";
import { is, isOneOf, selector } from "../promql/selector.ts";
import { duration, instance, number, percentage, service } from "./annotations.ts";
import { connectorFaults, fleetFaults, relayFaults } from "./drop_faults.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance, percentile99 } from "./selection.ts";

const window = "5m";

/** One packet of a hundred lost is what users of a call or a remote desktop begin to notice. */
const dropWarning = 0.01;

/** Below so many packets a second (30 in five minutes) a ratio says nothing. */
export const fewestPacketsPerSecond = 0.1;

const relayed = selector(relayMetrics.datagramsRelayed);
const relayDrops = selector(relayMetrics.drops, { reason: isOneOf(fleetFaults(relayFaults)) });
const carried = selector(connectorMetrics.packets);
const connectorDrops = selector(connectorMetrics.drops, {
  reason: isOneOf(fleetFaults(connectorFaults)),
});

const perService = [...byInstance, "service"] as const;

/**
 * The rates of several counters added up, none twice: `or` takes series with equal labels once.
 *
 * @param by Labels that are kept.
 */
export function sumOfRates(
  selectors: readonly string[],
  over: string,
  by: readonly string[],
): string {
  const rates = selectors.map((selected) => rate(selected, over));
  return `sum by (${by.join(", ")}) (\n  ${rates.join("\n  or ")}\n)`;
}

/** What a relay could not deliver of what it was given to deliver, by reason. */
export const relayDropRatio = {
  record: "instance_reason:ztna_relay_fleet_drops:ratio_rate5m",
  help: "Part of a relay's packets that it dropped through the fleet's own fault, by reason",
  expr: `${sum(rate(relayDrops, window), [...byInstance, "reason"])}
/ on (${byInstance.join(", ")}) group_left() (
${sumOfRates([relayed, relayDrops], window, byInstance)} > ${fewestPacketsPerSecond}
)`,
} as const;

/** The same of a connector, for each of its services. */
export const connectorDropRatio = {
  record: "instance_service_reason:ztna_connector_fleet_drops:ratio_rate5m",
  help: "Part of a service's packets that a connector dropped through the fleet's own fault",
  expr: `${sum(rate(connectorDrops, window), [...perService, "reason"])}
/ on (${perService.join(", ")}) group_left() (
${sumOfRates([carried, connectorDrops], window, perService)} > ${fewestPacketsPerSecond}
)`,
} as const;

/** Send errors, for each packet that was to be sent. */
const sendErrors = `${sum(rate(selector(relayMetrics.sendErrors), window), byInstance)}
/ (${
  sum(rate(selector(relayMetrics.quicPackets, { direction: is("sent") }), window), byInstance)
} > ${fewestPacketsPerSecond})`;

/** Packets that the system has dropped, for each that came in. */
const socketDrops = selector(relayMetrics.socketDrops);
const received = selector(relayMetrics.quicPackets, { direction: is("received") });
const socketDropRatio = `${sum(rate(socketDrops, window), byInstance)}
/ (
${sumOfRates([received, socketDrops], window, byInstance)} > ${fewestPacketsPerSecond}
)`;

/** How long a packet was under way inside a relay, in the worst of a hundred cases. */
export const forwardingTime = {
  record: "instance:ztna_relay_forwarding_seconds:p99_rate5m",
  help: "99th percentile of the time in which a relay forwards a packet, in seconds",
  expr: percentile99(selector(relayMetrics.forwarding, {}, "bucket"), window),
} as const;

const forwardingThresholds = relayMetrics.forwarding.thresholds;

const backendErrors = sum(rate(selector(connectorMetrics.backendErrors), window), [
  ...perService,
  "kind",
]);

/** Whether packets arrive. */
export const trafficRules: RuleGroup = {
  name: "ztna-traffic",
  recording: [relayDropRatio, connectorDropRatio, forwardingTime],
  alerts: [
    {
      alert: "ZtnaRelayDrops",
      severity: "warning",
      expr: `${relayDropRatio.record} > ${dropWarning}`,
      for: "5m",
      summary: `${instance}: the relay drops ${percentage} of the packets ({{ $labels.reason }})`,
      description: "Users lose these packets, through no fault of their own.",
      advice: relayMetrics.drops.advice,
      board: "relay",
    },
    {
      alert: "ZtnaConnectorDrops",
      severity: "warning",
      expr: `${connectorDropRatio.record} > ${dropWarning}`,
      for: "5m",
      summary: `${service}: the connector on {{ $labels.instance }} drops ${percentage} of the ` +
        "packets ({{ $labels.reason }})",
      description: "Users of the service lose these packets, through no fault of their own.",
      advice: connectorMetrics.drops.advice,
      board: "service",
    },
    {
      alert: "ZtnaKernelDrops",
      severity: "warning",
      // A tenth of what users notice: these packets are lost before anybody counts them elsewhere.
      expr: `${socketDropRatio} > ${dropWarning / 10}`,
      for: "5m",
      summary: `${instance}: the system drops ${percentage} of the relay's packets`,
      description: "They come in faster than the relay reads them.",
      advice: relayMetrics.socketDrops.advice,
      board: "relay",
    },
    {
      alert: "ZtnaForwardingSlow",
      severity: "warning",
      expr: `${forwardingTime.record} > ${forwardingThresholds.warning}`,
      for: "10m",
      summary: `${instance}: packets take ${duration} through the relay`,
      description: "One in a hundred takes as long, or longer.",
      advice: relayMetrics.forwarding.advice,
      board: "relay",
    },
    {
      alert: "ZtnaSendErrors",
      severity: "warning",
      expr: `${sendErrors} > ${dropWarning}`,
      for: "10m",
      summary: `${instance}: the system refuses ${percentage} of the relay's packets`,
      description: "Packets that the relay wants to send do not leave the host.",
      advice: relayMetrics.sendErrors.advice,
      board: "relay",
    },
    {
      alert: "ZtnaBackendErrors",
      severity: "warning",
      // One in ten seconds: a backend that is down refuses every packet, a hiccup is over sooner.
      expr: `${backendErrors} > 0.1`,
      for: "5m",
      summary: `${service}: ${number} errors of its backend a second ({{ $labels.kind }})`,
      description: "The connector on {{ $labels.instance }} does not reach the application.",
      advice: connectorMetrics.backendErrors.advice,
      board: "service",
    },
  ],
};
