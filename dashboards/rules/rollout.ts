import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { changes, count } from "../promql/functions.ts";
import { selector } from "../promql/selector.ts";
import { duration, fleet, instance, number } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";
import { onInstance, ourJobs } from "./selection.ts";

/** A rollout is over by then: some 200 hosts one after the other, at 15 s each. */
const longestRollout = "1h";

/** How many releases run at a time. */
export const releases = {
  record: "fleet:ztna_releases:count",
  help: "Releases that run in the fleet: one, and two during a rollout",
  expr: count(count(selector(relayMetrics.buildInfo, { job: ourJobs }), ["fleet", "release"]), [
    "fleet",
  ]),
} as const;

/**
 * How far the host's clock is from Prometheus': a process tells when it has started by its wall
 * clock, and how long it has run by a clock that nobody sets.
 */
const clockOffset = [relayMetrics.uptimeSeconds, connectorMetrics.uptime].map((metric) => {
  const uptime = selector(metric);
  const startTime = selector(relayMetrics.processStartTimeSeconds, { job: ourJobs });
  return `abs(timestamp(${uptime}) - ${uptime} - ${onInstance} ${startTime})`;
});

/** What runs where, and whether it stays. */
export const rolloutRules: RuleGroup = {
  name: "ztna-rollout",
  recording: [releases],
  alerts: [
    {
      alert: "ZtnaVersionSkew",
      severity: "warning",
      expr: `${releases.record} > 1`,
      for: longestRollout,
      summary: `${fleet}: {{ $value }} releases have been running for more than an hour`,
      description: "A rollout takes less.",
      advice: relayMetrics.buildInfo.advice,
      board: "rollout",
    },
    {
      alert: "ZtnaCrashLoop",
      severity: "critical",
      // A deploy and a restart after it are two starts. systemd starts a dead program after 3 s.
      expr: `${
        changes(selector(relayMetrics.processStartTimeSeconds, { job: ourJobs }), "15m")
      } >= 3`,
      for: "0s",
      summary: `${instance}: {{ $labels.job }} has started ${number} times in 15 minutes`,
      description: "It ends and is started again; each time everybody on it is cut off.",
      advice: relayMetrics.processStartTimeSeconds.advice,
      board: "rollout",
    },
    {
      alert: "ZtnaClockOff",
      severity: "warning",
      // Half of the 60 s that a Retry token lives; certificates are more patient.
      expr: clockOffset.map((offset) => `${offset} > 30`).join("\nor "),
      for: "15m",
      summary: `${instance}: the clock is off by ${duration}`,
      description: "Address proofs of this relay are not good at others, and certificates seem " +
        "to begin or end at other times.",
      advice: "See whether the host's clock is synchronised.",
      board: "program",
    },
  ],
};
