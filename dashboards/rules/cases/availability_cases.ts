import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import {
  type AlertCases,
  app1,
  type Labels,
  ofConnector,
  ofRelay,
  relay1,
  series,
} from "./alert_case.ts";

const relayUp = series("up", relay1);
const connectorUp = series("up", app1);
const web = { service: "web" };
const registered = ofConnector(connectorMetrics.uplinkState, { ...web, state: "registered" });
const app2: Labels = { ...app1, instance: "app2" };
const registeredAtApp2 = series(connectorMetrics.uplinkState.name, {
  ...{ ...app2, ...web },
  state: "registered",
});

/** Users get in, or they do not. */
export const availabilityCases: Readonly<Record<string, AlertCases>> = {
  ZtnaRelayDown: {
    fires: [
      {
        what: "a relay that has not answered for a minute",
        series: { [relayUp]: "1x8 0x20" },
        at: "3m15s",
        alerts: [{ labels: relay1, summary: "relay1 (example): the relay does not answer" }],
      },
      {
        what: "an instance whose name is no name",
        series: { 'up{job="ztna-relay",instance="{{ evil }}&x=\\"1\\" y"}': "0x20" },
        at: "2m",
        alerts: [{
          labels: { job: "ztna-relay", instance: '{{ evil }}&x="1" y' },
          summary: '{{ evil }}&x="1" y: the relay does not answer',
        }],
      },
    ],
    silent: [
      { what: "a restart, which one scrape misses", series: { [relayUp]: "1x8 0 1x20" }, at: "3m" },
      {
        what: "other programs",
        series: { 'up{job="node",instance="relay1"}': "0x20" },
        at: "5m",
      },
    ],
  },
  ZtnaConnectorDown: {
    fires: [{
      what: "a connector that has not answered for two minutes",
      series: { [connectorUp]: "0x20" },
      at: "2m30s",
      alerts: [{ labels: app1, summary: "app1 (example): the connector does not answer" }],
    }],
    silent: [{ what: "a restart", series: { [connectorUp]: "1x4 0x2 1x20" }, at: "3m" }],
  },
  ZtnaNoRelayReady: {
    fires: [
      {
        what: "a fleet whose two relays are down or not ready",
        series: {
          [relayUp]: "1x20",
          [ofRelay(relayMetrics.ready)]: "0x20",
          [series("up", { ...relay1, instance: "relay2" })]: "0x20",
        },
        at: "2m",
        alerts: [{
          labels: { fleet: "example" },
          summary: "Fleet example: no relay is ready",
          description: "None of its 2 relays takes new clients. Nobody gets in.",
        }],
      },
    ],
    silent: [
      {
        what: "one relay that is ready beside one that is not",
        series: {
          [relayUp]: "1x20",
          [ofRelay(relayMetrics.ready)]: "1x20",
          [series("up", { ...relay1, instance: "relay2" })]: "0x20",
        },
        at: "4m",
      },
      {
        what: "the restart of the only relay",
        series: { [relayUp]: "1x6 0 1x20", [ofRelay(relayMetrics.ready)]: "1x5 0 stale 1x20" },
        at: "2m30s",
      },
    ],
  },
  ZtnaRelayNotReady: {
    fires: [{
      what: "a relay that is not ready and does not drain",
      series: {
        [ofRelay(relayMetrics.ready)]: "0x20",
        [ofRelay(relayMetrics.draining)]: "0x20",
      },
      at: "2m30s",
      alerts: [{ labels: relay1, summary: "relay1 (example): the relay is not ready" }],
    }],
    silent: [{
      what: "a relay that drains",
      series: {
        [ofRelay(relayMetrics.ready)]: "0x20",
        [ofRelay(relayMetrics.draining)]: "1x20",
      },
      at: "5m",
    }],
  },
  ZtnaDrainsTooLong: {
    fires: [{
      what: "a connector that was told to go and never went",
      series: { [ofConnector(connectorMetrics.draining)]: "1x60" },
      at: "11m",
      alerts: [{
        labels: app1,
        summary: "app1 (example): ztna-connector has been draining for more than 10 minutes",
      }],
    }, {
      what: "a drain of a relay that nobody ends",
      series: { [ofRelay(relayMetrics.draining)]: "1x60" },
      at: "11m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): ztna-relay has been draining for more than 10 minutes",
      }],
    }],
    silent: [{
      what: "two drains of five minutes",
      series: { [ofRelay(relayMetrics.draining)]: "1x20 0x2 1x20 0x20" },
      at: "11m",
    }],
  },
  ZtnaServiceUnavailable: {
    fires: [
      {
        what: "a service that its only connector has not registered",
        series: { [registered]: "1x4 0x20", [connectorUp]: "1x24" },
        at: "4m",
        alerts: [{
          labels: { fleet: "example", service: "web" },
          summary: "Service web (example): no connector has it registered",
        }],
      },
      {
        what: "a service whose only connector has died",
        series: { [registered]: "1x4 stale", [connectorUp]: "1x4 0x40" },
        at: "4m",
        alerts: [{
          labels: { fleet: "example", service: "web" },
          summary: "Service web (example): no connector has it registered",
        }],
      },
    ],
    silent: [
      {
        what: "a service that another connector has registered",
        series: { [registered]: "0x40", [registeredAtApp2]: "1x40" },
        at: "8m",
      },
      {
        what: "a service that was taken out of the connector's configuration",
        series: { [registered]: "1x4 stale", [connectorUp]: "1x40" },
        at: "8m",
      },
      {
        what: "a connector that was taken out of the fleet",
        series: { [registered]: "1x4 stale", [connectorUp]: "1x4 stale" },
        at: "8m",
      },
    ],
  },
  ZtnaAgentsWithoutConnector: {
    fires: [{
      what: "agents on a relay to which no connector of their service has come",
      series: {
        [ofRelay(relayMetrics.serviceAgents, web)]: "3x40",
        [ofRelay(relayMetrics.serviceConnectors, web)]: "0x40",
        [registered]: "1x40",
      },
      at: "4m",
      alerts: [{
        labels: { ...relay1, ...web },
        summary: "Service web (example): 3 agents on relay1 and no connector",
      }],
    }],
    silent: [
      {
        what: "agents whose service has a connector there",
        series: {
          [ofRelay(relayMetrics.serviceAgents, web)]: "3x40",
          [ofRelay(relayMetrics.serviceConnectors, web)]: "1x40",
          [registered]: "1x40",
        },
        at: "8m",
      },
      {
        what: "agents that ask for a service that was never deployed",
        series: {
          [ofRelay(relayMetrics.serviceAgents, { service: "wbe" })]: "3x40",
          [ofRelay(relayMetrics.serviceConnectors, { service: "wbe" })]: "0x40",
          [registered]: "1x40",
        },
        at: "8m",
      },
    ],
  },
  ZtnaUplinkNotRegistered: {
    fires: [{
      what: "one connector of two that has not registered the service for five minutes",
      series: { [registered]: "0x40", [registeredAtApp2]: "1x40" },
      at: "6m",
      alerts: [{
        labels: { ...app1, ...web },
        summary: "Service web (example): not registered by the connector on app1",
      }],
    }],
    silent: [{
      what: "a minute without a relay",
      series: { [registered]: "1x4 0x4 1x20" },
      at: "6m",
    }],
  },
  ZtnaTargetsAbsent: {
    fires: [
      {
        what: "a Prometheus without any relay",
        series: { 'up{job="node",instance="a"}': "1x40" },
        at: "6m",
        alerts: [{
          labels: { job: "ztna-relay" },
          summary: "The fleet: Prometheus knows no targets of the job ztna-relay",
        }],
      },
      {
        what: "a fleet of two whose targets are gone",
        interval: "1m",
        series: {
          [series("up", { ...relay1, fleet: "other" })]: "1x80",
          [connectorUp]: "1x60 stale",
        },
        at: "70m",
        alerts: [{
          labels: { fleet: "example", job: "ztna-connector" },
          summary: "Fleet example: Prometheus knows no targets of the job ztna-connector",
        }],
      },
    ],
    silent: [{
      what: "targets that do not answer",
      interval: "1m",
      series: { [relayUp]: "0x80", [connectorUp]: "0x80" },
      at: "70m",
    }],
  },
  ZtnaWatchdog: {
    fires: [{
      what: "nothing at all",
      series: {},
      at: "1m",
      alerts: [{ labels: {}, summary: "Alerting works" }],
    }],
    silent: [],
  },
};
