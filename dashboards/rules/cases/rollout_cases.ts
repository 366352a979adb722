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

const runs = (target: Labels, release: string): string =>
  series(relayMetrics.buildInfo.name, { ...target, release, version: "1.0.0", instance_id: "a" });
const startTime = ofRelay(relayMetrics.processStartTimeSeconds);

/** What runs where, and whether it stays. */
export const rolloutCases: Readonly<Record<string, AlertCases>> = {
  ZtnaVersionSkew: {
    fires: [{
      what: "a rollout that has stopped half-way",
      interval: "1m",
      series: { [runs(relay1, "1.0.0-b")]: "1x80", [runs(app1, "1.0.0-a")]: "1x80" },
      at: "70m",
      alerts: [{
        labels: { fleet: "example" },
        summary: "Fleet example: 2 releases have been running for more than an hour",
      }],
    }],
    silent: [
      {
        what: "a rollout of 40 minutes",
        interval: "1m",
        series: {
          [runs(relay1, "1.0.0-b")]: "1x90",
          [runs(app1, "1.0.0-a")]: "1x40 stale",
          [runs(app1, "1.0.0-b")]: "_x40 1x50",
        },
        at: "70m",
      },
      {
        what: "two fleets, each with a release of its own",
        interval: "1m",
        series: {
          [runs(relay1, "1.0.0-b")]: "1x80",
          [runs({ ...app1, fleet: "other" }, "1.0.0-a")]: "1x80",
        },
        at: "70m",
      },
    ],
  },
  ZtnaCrashLoop: {
    fires: [{
      what: "a program that starts every three minutes",
      series: { [startTime]: "0x11 180x11 360x11 540x11 720x11 900x60" },
      at: "15m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): ztna-relay has started 5 times in 15 minutes",
      }],
    }],
    silent: [{
      what: "a deploy and a restart after it",
      series: { [startTime]: "0x11 180 stale 360x60" },
      at: "15m",
    }],
  },
  ZtnaClockOff: {
    fires: [
      {
        what: "a relay whose clock is two minutes ahead",
        series: { [ofRelay(relayMetrics.uptimeSeconds)]: "0+15x120", [startTime]: "120x120" },
        at: "20m",
        alerts: [{ labels: relay1, summary: "relay1 (example): the clock is off by 2m 0s" }],
      },
      {
        what: "a connector whose clock is an hour behind",
        series: {
          [ofConnector(connectorMetrics.uptime)]: "0+15x120",
          [ofConnector(connectorMetrics.processStartTimeSeconds)]: "-3600x120",
        },
        at: "20m",
        alerts: [{ labels: app1, summary: "app1 (example): the clock is off by 1h 0m 0s" }],
      },
    ],
    silent: [{
      what: "a clock that is right, and a scrape that is missed now and then",
      series: {
        [ofRelay(relayMetrics.uptimeSeconds)]: "0+15x40 _ _ 645+15x60",
        [startTime]: "1x40 _ _ 1x60",
      },
      at: "22m",
    }],
  },
};
