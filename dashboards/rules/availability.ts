import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { count, max, sum } from "../promql/functions.ts";
import { is, selector } from "../promql/selector.ts";
import { fleet, instance, number, service } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance, onInstance, up } from "./selection.ts";

const registered = selector(connectorMetrics.uplinkState, { state: is("registered") });

/** How long a service of a connector that has died is remembered, and missed. */
const serviceMemory = "1d";

/**
 * 1 while at least one connector has the service registered. A connector that does not answer takes
 * its services with it, so those of the last day are remembered; one that answers and has a service
 * no more was configured so.
 */
export const serviceRegistered = {
  record: "service:ztna_service_registered:max",
  help: "Whether any connector has the service registered: 1 or 0",
  expr: `max by (fleet, service) (
  ${registered}
or
  0 * (
    last_over_time(${registered}[${serviceMemory}])
    and ${onInstance} ${up("connector")} == 0
  )
)`,
} as const;

const noRelayReady = `${count(up("relay"), ["fleet"])}
unless on (fleet) ${sum(selector(relayMetrics.ready), ["fleet"])} > 0`;

/** No relay at all; or of a fleet, none of a program that was there an hour ago. */
const targetsAbsent = `absent(${up("relay")})
or (
  count by (fleet, job) (${up()} offset 1h)
  unless count by (fleet, job) (${up()})
)`;

/** Whether users get in at all. */
export const availabilityRules: RuleGroup = {
  name: "ztna-availability",
  recording: [serviceRegistered],
  alerts: [
    {
      alert: "ZtnaRelayDown",
      severity: "critical",
      expr: `${up("relay")} == 0`,
      // A restart takes a relay away for two seconds: one scrape of 15 s. Four are no restart.
      for: "1m",
      summary: `${instance}: the relay does not answer`,
      description: "Prometheus cannot scrape the relay. Agents and connectors on it are cut off.",
      advice: "See whether its unit runs, and whether the host is reached at all.",
      board: "relay",
    },
    {
      alert: "ZtnaConnectorDown",
      severity: "warning",
      expr: `${up("connector")} == 0`,
      for: "2m",
      summary: `${instance}: the connector does not answer`,
      description: "Prometheus cannot scrape the connector. Its services are served by their " +
        "other connectors, if they have any.",
      advice: "See whether its unit runs, and whether the host is reached at all.",
      board: "connector",
    },
    {
      alert: "ZtnaNoRelayReady",
      severity: "critical",
      expr: noRelayReady,
      // The only relay of a fleet drains for 10 s and is away for 2 s when it is restarted.
      for: "1m",
      summary: `${fleet}: no relay is ready`,
      description: "None of its {{ $value }} relays takes new clients. Nobody gets in.",
      advice: "See what the relays say of themselves, and whether somebody is deploying.",
      board: "fleet",
    },
    {
      alert: "ZtnaRelayNotReady",
      severity: "critical",
      expr: `${selector(relayMetrics.ready)} == 0
unless ${onInstance} ${selector(relayMetrics.draining)} == 1`,
      for: "2m",
      summary: `${instance}: the relay is not ready`,
      description: "It runs and takes no new clients, and it does not drain.",
      advice: relayMetrics.ready.advice,
      board: "relay",
    },
    {
      alert: "ZtnaDrainsTooLong",
      severity: "warning",
      expr: `${selector(relayMetrics.draining)} == 1\nor ${
        selector(connectorMetrics.draining)
      } == 1`,
      // The default is 10 s (ztna_drain_timeout). Fleets that give their peers longer raise this.
      for: "10m",
      summary: `${instance}: {{ $labels.job }} has been draining for more than 10 minutes`,
      description: "A relay that drains takes no new clients, and nothing has restarted it since.",
      advice: relayMetrics.draining.advice,
      board: "rollout",
    },
    {
      alert: "ZtnaServiceUnavailable",
      severity: "critical",
      expr: `${serviceRegistered.record} == 0`,
      // Restarts of a service's only connector, and of its relay, take a few seconds each.
      for: "2m",
      summary: `${service}: no connector has it registered`,
      description: "Agents that use the service get no answers.",
      advice: connectorMetrics.uplinkState.advice,
      board: "service",
    },
    {
      alert: "ZtnaAgentsWithoutConnector",
      severity: "warning",
      // Only services that some connector of the fleet has: agents may ask for what never was.
      expr: `${selector(relayMetrics.serviceAgents)} > 0
unless on (fleet, job, instance, service) ${selector(relayMetrics.serviceConnectors)} > 0
and on (fleet, service) ${serviceRegistered.record}`,
      for: "2m",
      summary: `${service}: ${number} agents on {{ $labels.instance }} and no connector`,
      description: "These agents get no answers, whatever other relays offer.",
      advice: relayMetrics.serviceConnectors.advice,
      board: "service",
    },
    {
      alert: "ZtnaUplinkNotRegistered",
      severity: "warning",
      expr: `${max(registered, [...byInstance, "service"])} == 0`,
      // Back-off ends at 30 s: five minutes are ten attempts in vain.
      for: "5m",
      summary: `${service}: not registered by the connector on {{ $labels.instance }}`,
      description: "This connector does not serve it. Others may.",
      advice: connectorMetrics.uplinkState.advice,
      board: "connector",
    },
    {
      alert: "ZtnaTargetsAbsent",
      severity: "critical",
      expr: targetsAbsent,
      for: "5m",
      summary: `${fleet}: Prometheus knows no targets of the job {{ $labels.job }}`,
      description: "Nothing is measured, so nothing else here can alert.",
      advice: "Write the targets from the inventory again, and see Prometheus' page of targets.",
      board: "fleet",
    },
    {
      alert: "ZtnaWatchdog",
      severity: "warning",
      expr: "vector(1)",
      for: "0s",
      summary: "Alerting works",
      description: "This alert always fires. Who gets it must raise the alarm when it stops.",
      advice: "Nothing is wrong while it arrives.",
      board: "fleet",
    },
  ],
};

/** Alerts about a process that does not answer; whatever else it has is a consequence. */
export const downAlerts = ["ZtnaRelayDown", "ZtnaConnectorDown"] as const;
