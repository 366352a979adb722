import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { onHost } from "./host_commands.ts";

/**
 * How far a host's clock is from this machine's, as far as the answer's way lets one say: the
 * question went at one moment and the answer came at another, and what lies between is no error.
 * (Whether something keeps the clock right is not asked: timedatectl starts a service to know, no
 * container can tell, and a clock that drifts is seen here long before it does harm.)
 */
export const clockSkew: HostCheck = {
  id: "clock-skew",
  looksAt: "How far the host's clock is from this machine's",
  threshold: "clockSkew",

  evaluate({ host, facts, askedMs, receivedMs }): Verdict[] {
    if (facts.clock === undefined) return [];
    const { nowMs } = facts.clock;
    const early = Math.max(0, askedMs - nowMs);
    const late = Math.max(0, nowMs - receivedMs);
    const seconds = Math.max(early, late) / 1000;
    const measure = { value: seconds, unit: "seconds" } as const;
    const status = judge(seconds, host.sweep.thresholds.clockSkew);
    if (status === "ok") {
      return [fine("", `within ${((receivedMs - askedMs) / 1000).toFixed(1)} s`, measure)];
    }
    return [{
      subject: "",
      status,
      value: `${seconds.toFixed(1)} s ${early > 0 ? "behind" : "ahead"}`,
      remedy: `Have it set, as certificates depend on it: ` +
        `${onHost(host, "timedatectl", "set-ntp", "true")}; if all hosts say so, it is this ` +
        `machine's clock`,
      measure,
    }];
  },
};
