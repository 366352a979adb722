import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import type { MetricDefinition } from "../../../tunnel/metric_catalogue.ts";
import { type AlertCases, app1, type Labels, ofConnector, relay1, series } from "./alert_case.ts";

const web = { service: "web" };

/** 100 times a second, longer than one bound of a bucket and at most another. */
function between(
  { name }: MetricDefinition,
  labels: Labels,
  lower: string,
  upper: string,
): Record<string, string> {
  const bucket = (le: string): string => series(`${name}_bucket`, { ...labels, le });
  return {
    [bucket(lower)]: "0x100",
    [bucket(upper)]: "0+1500x100",
    [bucket("+Inf")]: "0+1500x100",
  };
}

/** Packets that arrive late. */
export const latencyCases: Readonly<Record<string, AlertCases>> = {
  ZtnaForwardingSlow: {
    fires: [{
      what: "packets that take between 10 ms and 25 ms",
      series: between(relayMetrics.forwarding, relay1, "0.01", "0.025"),
      at: "20m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): packets take 24.85ms through ztna-relay",
      }],
    }, {
      what: "a connector whose replies take between 100 ms and 250 ms",
      series: between(
        ...[connectorMetrics.forwarding, { ...app1, direction: "to_agent" }] as const,
        ...["0.1", "0.25"] as const,
      ),
      at: "20m",
      alerts: [{
        labels: app1,
        summary: "app1 (example): packets take 248.5ms through ztna-connector",
      }],
    }],
    silent: [{
      what: "packets that take between 1 ms and 2.5 ms",
      series: between(relayMetrics.forwarding, relay1, "0.001", "0.0025"),
      at: "20m",
    }],
  },
  ZtnaBackendSlow: {
    fires: [{
      what: "a backend that takes between 2.5 s and 5 s",
      series: between(connectorMetrics.backendResponse, { ...app1, ...web }, "2.5", "5"),
      at: "22m",
      alerts: [{
        labels: { ...app1, ...web },
        summary: "Service web (example): its backend takes 4.975s to answer",
        description: "So says the connector on app1, of one flow in a hundred.",
      }],
    }],
    silent: [
      {
        what: "a backend that takes a second",
        series: between(connectorMetrics.backendResponse, { ...app1, ...web }, "0.5", "1"),
        at: "22m",
      },
    ],
  },
  ZtnaRelayFar: {
    fires: [{
      what: "a relay that is 600 ms away",
      series: { [ofConnector(connectorMetrics.relayRtt, web)]: "0.6x100" },
      at: "22m",
      alerts: [{
        labels: { ...app1, ...web },
        summary: "Service web (example): 600ms from the connector on app1 to its relay and back",
      }],
    }],
    silent: [{
      what: "a relay on another continent",
      series: { [ofConnector(connectorMetrics.relayRtt, web)]: "0.3x100" },
      at: "22m",
    }],
  },
};
