import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, ofConnector, ofRelay } from "./alert_case.ts";

const relayed = ofRelay(relayMetrics.datagramsRelayed);
const lost = ofRelay(relayMetrics.drops, { reason: "queue_full" });
const registered = ofConnector(connectorMetrics.uplinkState, {
  service: "web",
  state: "registered",
});

const packets = { fleet: "example", sli: "packets" };
const services = { fleet: "example", sli: "services" };

/** The month's errors are spent too fast, or they are not. */
export const sloCases: Readonly<Record<string, AlertCases>> = {
  ZtnaErrorBudgetBurnsFast: {
    fires: [
      {
        what: "3 of 100 packets lost",
        series: { [relayed]: "0+1455x60", [lost]: "0+45x60" },
        at: "10m",
        alerts: [{
          labels: packets,
          summary: "Fleet example: 3% errors in 5m (packets)",
          description: "The objective allows 0.1 %. At this speed the errors of a month are " +
            "spent in two days.",
        }],
      },
      {
        what: "a service that is away for some minutes",
        series: { [registered]: "1x200 0x30" },
        at: "56m",
        alerts: [{
          labels: services,
          summary: "Fleet example: 100% errors in 5m (services)",
          description: "The objective allows 0.1 %. At this speed the errors of a month are " +
            "spent in two days.",
        }],
      },
    ],
    silent: [
      {
        what: "a rollout that three scrapes in an hour see",
        series: { [registered]: "1x200 0 1x20 0x2 1x60" },
        at: "57m",
      },
      {
        what: "1 of 100 packets lost",
        series: { [relayed]: "0+1485x60", [lost]: "0+15x60" },
        at: "10m",
      },
      {
        what: "trouble that is over",
        series: { [relayed]: "0+1455x40 58200+1500x40", [lost]: "0+450x40 18000x40" },
        at: "18m",
      },
      {
        what: "two lost packets where there are no others",
        series: { [lost]: "0x10 2x60" },
        at: "5m",
      },
    ],
  },
  ZtnaErrorBudgetBurns: {
    fires: [{
      what: "8 of 1,000 packets lost",
      series: { [relayed]: "0+1488x240", [lost]: "0+12x240" },
      at: "45m",
      alerts: [{
        labels: packets,
        summary: "Fleet example: 0.8% errors in 30m (packets)",
        description: "The objective allows 0.1 %. At this speed the errors of a month are spent " +
          "in five days.",
      }],
    }],
    silent: [{
      what: "5 of 1,000 packets lost",
      series: { [relayed]: "0+1492.5x240", [lost]: "0+7.5x240" },
      at: "45m",
    }],
  },
  ZtnaErrorBudgetBurnsSlowly: {
    fires: [{
      what: "2 of 1,000 packets lost for hours",
      interval: "4m",
      series: { [relayed]: "0+3992x130", [lost]: "0+8x130" },
      at: "8h",
      alerts: [{
        labels: packets,
        summary: "Fleet example: 0.2% errors in 6h (packets)",
        description: "The objective allows 0.1 %. At this speed nothing is left of the errors " +
          "of a month at its end.",
      }],
    }],
    silent: [{
      what: "5 of 10,000 packets lost for hours",
      interval: "4m",
      series: { [relayed]: "0+3998x130", [lost]: "0+2x130" },
      at: "8h",
    }],
  },
};
