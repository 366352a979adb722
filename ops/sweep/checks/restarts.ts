import { programsOf, unitOf } from "../../fleet/fleet.ts";
import { formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import type { ProgramStarts } from "../facts/starts.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { onHost } from "./host_commands.ts";

/** Without a sweep before, restarts count whose last is no older than this, in seconds. */
const recentSeconds = 3600;

/** Whether programs keep ending, and systemd keeps starting them. */
export const restarts: HostCheck = {
  id: "restarts",
  looksAt: "How often systemd had to start each program again since the sweep before",
  threshold: "restarts",

  evaluate({ host, facts, before }): Verdict[] {
    const isSameBoot = before?.clock !== undefined && before.clock.bootId === facts.clock?.bootId;
    return programsOf(host).flatMap((program) => {
      const starts = facts.starts?.[program];
      if (starts === undefined) return [];
      const count = newRestarts(starts, isSameBoot ? before.starts?.[program] : undefined);
      const measure = { value: count, unit: "count" } as const;
      const status = judge(count, host.sweep.thresholds.restarts);
      if (status === "ok") {
        return [fine(program, count === 0 ? "none" : String(count), measure)];
      }
      const last = starts.ageSeconds === null
        ? ""
        : `, the last ${formatDuration(starts.ageSeconds * 1000)} ago`;
      return [{
        subject: program,
        status,
        value: `ended and was started again ${count} ${count === 1 ? "time" : "times"}${last}`,
        remedy: `See why it ended: ${
          onHost(host, "journalctl", "-p", "warning", "-n", "50", "-u", unitOf(program))
        }`,
        measure,
      }];
    });
  },
};

/** Somebody who starts a program has systemd count from 0 again. */
function newRestarts(now: ProgramStarts, before: ProgramStarts | undefined): number {
  if (before !== undefined) {
    return now.restarts >= before.restarts ? now.restarts - before.restarts : now.restarts;
  }
  const isRecent = now.ageSeconds === null || now.ageSeconds < recentSeconds;
  return isRecent ? now.restarts : 0;
}
