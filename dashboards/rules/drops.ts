import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { rate, sum } from "../promql/functions.ts";
import { isOneOf, selector } from "../promql/selector.ts";
import { instance, number, percentage, service } from "./annotations.ts";
import { connectorFaults, fleetFaults, relayFaults } from "./drop_faults.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance, sumOfRates } from "./selection.ts";

const window = "5m";

/** One packet of a hundred lost is what users of a call or a remote desktop begin to notice. */
export const dropWarning = 0.01;

/** Below so many packets a second (30 in five minutes) a ratio says nothing. */
export const fewestPacketsPerSecond = 0.1;

const relayed = selector(relayMetrics.datagramsRelayed);
const relayDrops = selector(relayMetrics.drops, { reason: isOneOf(fleetFaults(relayFaults)) });
const carried = selector(connectorMetrics.packets);
const connectorDrops = selector(connectorMetrics.drops, {
  reason: isOneOf(fleetFaults(connectorFaults)),
});

const perService = [...byInstance, "service"] as const;

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

const backendErrors = sum(rate(selector(connectorMetrics.backendErrors), window), [
  ...perService,
  "kind",
]);

/** Whether packets are delivered. */
export const dropRules: RuleGroup = {
  name: "ztna-drops",
  recording: [relayDropRatio, connectorDropRatio],
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
