import { selector } from "../promql/selector.ts";
import { sweepMetrics } from "../sweep_metrics.ts";
import { duration, fleet } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";

/** Sweeps every ten minutes may miss two, in seconds. */
const longestPauseSeconds = 1800;
/** How long a machine is missed that sweeps no more and answers no more. */
const memory = "1d";

/** Whether somebody still looks. */
export const sweepRules: RuleGroup = {
  name: "ztna-sweeps",
  recording: [],
  alerts: [
    {
      alert: "ZtnaSweepStopped",
      severity: "warning",
      expr: `time() - max by (fleet) (last_over_time(${
        selector(sweepMetrics.lastRun)
      }[${memory}])) > ${longestPauseSeconds}`,
      for: "1m",
      summary: `${fleet}: the last sweep was ${duration} ago`,
      description: "Nobody looks at the hosts by the clock any more, and the sweeps' own " +
        "notifications have stopped with them.",
      advice: sweepMetrics.lastRun.advice,
      board: "fleet",
    },
  ],
};
