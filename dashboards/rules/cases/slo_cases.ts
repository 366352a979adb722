import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, ofConnector, ofRelay, relay1, series } from "./alert_case.ts";

const relayed = ofRelay(relayMetrics.datagramsRelayed);
const lost = ofRelay(relayMetrics.drops, { reason: "queue_full" });
const registered = ofConnector(connectorMetrics.uplinkState, {
  service: "web",
  state: "registered",
});

const packets = { fleet: "example", sli: "packets" };
const relayUp = series("up", relay1);
const services = { fleet: "example", sli: "services" };

/** The month's errors are spent too fast, or they are not. */
export const sloCases: Readonly<Record<string, AlertCases>> = {
  ZtnaErrorBudgetBurnsFast: {
    fires: [
      {
        what: "3 of 100 packets lost",
        interval: "1m",
        series: { [relayUp]: "1x90", [relayed]: "0+5820x90", [lost]: "0+180x90" },
        at: "65m",
        alerts: [{
          labels: packets,
          summary: "Fleet example: 3% errors in 5m (packets)",
          description: "The objective allows 0.1 %. At this speed the errors of a month are " +
            "spent in two days.",
        }],
      },
      {
        what: "a service that is away for some minutes",
        series: { [relayUp]: "1x300", [registered]: "1x240 0x30" },
        at: "66m",
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
        series: { [relayUp]: "1x300", [registered]: "1x240 0 1x10 0 0 1x60" },
        at: "65m",
      },
      {
        what: "1 of 100 packets lost",
        interval: "1m",
        series: { [relayUp]: "1x90", [relayed]: "0+5940x90", [lost]: "0+60x90" },
        at: "65m",
      },
      {
        what: "trouble that is over",
        interval: "1m",
        series: {
          [relayUp]: "1x90",
          [relayed]: "0+5820x50 291000+6000x40",
          [lost]: "0+180x50 9000x40",
        },
        at: "65m",
      },
      {
        what: "two lost packets where there are no others",
        interval: "1m",
        series: { [relayUp]: "1x90", [lost]: "0x60 2x60" },
        at: "65m",
      },
      {
        what: "a fleet of which there is no hour to look back on",
        series: { [relayUp]: "1x60", [relayed]: "0+1455x60", [lost]: "0+45x60" },
        at: "12m",
      },
    ],
  },
  ZtnaErrorBudgetBurns: {
    fires: [{
      what: "8 of 1,000 packets lost",
      interval: "4m",
      series: { [relayUp]: "1x100", [relayed]: "0+23808x100", [lost]: "0+192x100" },
      at: "370m",
      alerts: [{
        labels: packets,
        summary: "Fleet example: 0.8% errors in 30m (packets)",
        description: "The objective allows 0.1 %. At this speed the errors of a month are spent " +
          "in five days.",
      }],
    }],
    silent: [{
      what: "5 of 1,000 packets lost",
      interval: "4m",
      series: { [relayUp]: "1x100", [relayed]: "0+23880x100", [lost]: "0+120x100" },
      at: "370m",
    }],
  },
  ZtnaErrorBudgetBurnsSlowly: {
    fires: [{
      what: "4 of 1,000 packets lost for a day",
      interval: "4m",
      series: { [relayUp]: "1x400", [relayed]: "0+3984x400", [lost]: "0+16x400" },
      at: "25h",
      alerts: [{
        labels: packets,
        summary: "Fleet example: 0.4% errors in 2h (packets)",
        description: "The objective allows 0.1 %. At this speed the errors of a month are spent " +
          "in ten days.",
      }],
    }],
    silent: [{
      what: "2 of 1,000 packets lost for a day",
      interval: "4m",
      series: { [relayUp]: "1x400", [relayed]: "0+3992x400", [lost]: "0+8x400" },
      at: "25h",
    }],
  },
};
