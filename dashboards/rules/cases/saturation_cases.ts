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

const { eventLoopLagSeconds } = relayMetrics;

/** Once a second, a timer that is late by between 50 ms and 100 ms, or by between 250 ms and 0.5 s. */
function lags(
  target: Labels,
  bounds: readonly [number, number],
  values: string,
): Record<string, string> {
  const bucket = (le: string): string =>
    series(`${eventLoopLagSeconds.name}_bucket`, { ...target, le });
  return {
    [bucket(String(bounds[0]))]: "0x200",
    [bucket(String(bounds[1]))]: values,
    [bucket("+Inf")]: values,
  };
}

const flows = ofRelay(relayMetrics.flows);
const flowsLimit = ofRelay(relayMetrics.flowsLimit);
const udpFlows = (service: string): string => ofConnector(connectorMetrics.udpFlows, { service });
const udpFlowsLimit = ofConnector(connectorMetrics.udpFlowsLimit);

/** There is room, or there is not. */
export const saturationCases: Readonly<Record<string, AlertCases>> = {
  ZtnaLimitNear: {
    fires: [
      {
        what: "a connector whose services fill its flows together",
        series: {
          [udpFlows("web")]: "2000x60",
          [udpFlows("dns")]: "1400x60",
          [udpFlowsLimit]: "4000x60",
        },
        at: "12m",
        alerts: [{
          labels: { ...app1, limit: "ztna_connector_udp_flows_limit" },
          summary: "app1 (example): 85% of ztna_connector_udp_flows_limit are in use",
        }],
      },
      {
        what: "file descriptors",
        series: {
          [ofRelay(relayMetrics.processOpenFds)]: "900x60",
          [ofRelay(relayMetrics.processMaxFds)]: "1000x60",
        },
        at: "12m",
        alerts: [{
          labels: { ...relay1, limit: "process_max_fds" },
          summary: "relay1 (example): 90% of process_max_fds are in use",
        }],
      },
    ],
    silent: [
      { what: "half of a limit", series: { [flows]: "5e5x60", [flowsLimit]: "1e6x60" }, at: "12m" },
      { what: "a limit that is not told", series: { [flows]: "5e5x60" }, at: "12m" },
      {
        what: "a burst of a few minutes",
        series: { [flows]: "9e5x20 1e3x40", [flowsLimit]: "1e6x60" },
        at: "12m",
      },
    ],
  },
  ZtnaLimitReached: {
    fires: [{
      what: "a relay without room for flows",
      series: { [flows]: "1e6x60", [flowsLimit]: "1e6x60" },
      at: "4m",
      alerts: [{
        labels: { ...relay1, limit: "ztna_relay_flows_limit" },
        summary: "relay1 (example): 100% of ztna_relay_flows_limit are in use",
      }],
    }],
    silent: [{
      what: "nine tenths",
      series: { [flows]: "9e5x60", [flowsLimit]: "1e6x60" },
      at: "12m",
    }],
  },
  ZtnaRelayRefusesAtLimit: {
    fires: [{
      what: "flows that the relay could not pin",
      series: { [ofRelay(relayMetrics.limitsReached, { limit: "flows" })]: "0x20 59x60" },
      at: "15m",
      alerts: [{
        labels: { ...relay1, limit: "flows" },
        summary: "relay1 (example): the relay's limit of flows was reached 59 times",
      }],
    }],
    silent: [{
      what: "one agent that opens too many flows",
      series: { [ofRelay(relayMetrics.limitsReached, { limit: "flows_per_agent" })]: "0+99x60" },
      at: "15m",
    }],
  },
  ZtnaEventLoopLags: {
    fires: [{
      what: "a relay that is late by up to 100 ms",
      series: lags(relay1, [0.05, 0.1], "0+15x100"),
      at: "20m",
      alerts: [{ labels: relay1, summary: "relay1 (example): ztna-relay is late by 99.5ms" }],
    }],
    silent: [
      {
        what: "a relay that is late by up to 50 ms",
        series: lags(relay1, [0.025, 0.05], "0+15x100"),
        at: "20m",
      },
      {
        what: "a start that takes the CPU for some minutes",
        series: lags(relay1, [0.05, 0.1], "0+15x20 300x100"),
        at: "12m",
      },
    ],
  },
  ZtnaEventLoopBlocked: {
    fires: [{
      what: "a connector that is late by up to half a second",
      series: lags(app1, [0.25, 0.5], "0+15x100"),
      at: "12m",
      alerts: [{ labels: app1, summary: "app1 (example): ztna-connector is late by 497.5ms" }],
    }],
    silent: [{
      what: "a relay that is late by up to 100 ms",
      series: lags(relay1, [0.05, 0.1], "0+15x100"),
      at: "20m",
    }],
  },
  ZtnaCpuNearOneCore: {
    fires: [{
      what: "four fifths of a core",
      series: { [ofRelay(relayMetrics.processCpuSeconds)]: "0+12x120" },
      at: "22m",
      alerts: [{ labels: relay1, summary: "relay1 (example): ztna-relay uses 80% of one core" }],
    }],
    silent: [
      {
        what: "half of a core",
        series: { [ofRelay(relayMetrics.processCpuSeconds)]: "0+7.5x120" },
        at: "22m",
      },
      {
        what: "another program that takes a whole one",
        series: { 'process_cpu_seconds_total{job="node",instance="relay1"}': "0+15x120" },
        at: "22m",
      },
    ],
  },
};
