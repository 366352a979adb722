import { sweepMetrics } from "../../sweep_metrics.ts";
import { type AlertCases, series } from "./alert_case.ts";

const lastRun = series(sweepMetrics.lastRun.name, {
  ...{ fleet: "example", job: "node", instance: "ops1" },
});
const lastRunAtOps2 = series(sweepMetrics.lastRun.name, {
  ...{ fleet: "example", job: "node", instance: "ops2" },
});
const stopped = (minutes: number): { labels: { fleet: string }; summary: string } => ({
  labels: { fleet: "example" },
  summary: `Fleet example: the last sweep was ${minutes}m 0s ago`,
});

/** Sweeps go on, or they do not. */
export const sweepCases: Readonly<Record<string, AlertCases>> = {
  ZtnaSweepStopped: {
    fires: [
      {
        what: "a timer that starts no sweeps any more",
        ...{ interval: "1m", at: "40m", series: { [lastRun]: "0x60" } },
        alerts: [stopped(40)],
      },
      {
        what: "a machine that is gone with its sweeps",
        // The last value that Prometheus has got is of the tenth minute.
        ...{ interval: "1m", at: "50m", series: { [lastRun]: "0+60x10 stale" } },
        alerts: [stopped(40)],
      },
    ],
    silent: [
      {
        what: "sweeps every ten minutes of which two are missing",
        ...{ interval: "10m", at: "50m", series: { [lastRun]: "0 600 1200 1200 1200 3000" } },
      },
      {
        what: "a second machine that sweeps while the first is gone",
        interval: "1m",
        series: { [lastRun]: "0x10 stale", [lastRunAtOps2]: "0+60x90" },
        at: "80m",
      },
      {
        what: "a Prometheus that has never heard of sweeps",
        series: { 'up{job="node",instance="ops1"}': "1x40" },
        at: "10m",
      },
    ],
  },
};
