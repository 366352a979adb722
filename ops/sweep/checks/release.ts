import { programsOf } from "../../fleet/fleet.ts";
import { formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck, HostView } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { allowForWork, workerOn } from "./at_work.ts";
import { forHost } from "./host_commands.ts";

/** Whether a host has the wanted release, and its programs run it. */
export const release: HostCheck = {
  id: "release",
  looksAt: "Whether the host has the wanted release, and its programs really run it",

  evaluate(view): Verdict[] {
    return [...currentVerdict(view), ...runningVerdicts(view)]
      .map((verdict) => allowForWork(workerOn(view), verdict));
  },
};

function currentVerdict({ host, facts, wantedRelease }: HostView): Verdict[] {
  if (facts.releases === undefined) return [];
  const { current } = facts.releases;
  const deploy = `Deploy it: ${forHost(host, "deploy")}`;
  if (current === null) {
    return [{ subject: "", status: "critical", value: "has no release", remedy: deploy }];
  }
  if (wantedRelease === undefined || current === wantedRelease) return [fine("", current)];
  return [{
    subject: "",
    status: "warning",
    value: `has ${current}, the fleet's is ${wantedRelease}`,
    remedy: `${deploy}; or back: ${forHost(host, "rollback")}`,
  }];
}

function runningVerdicts({ host, facts }: HostView): Verdict[] {
  const current = facts.releases?.current ?? null;
  return programsOf(host).flatMap((program) => {
    const running = facts.programs?.[program]?.release ?? null;
    if (running === null || current === null) return [];
    if (running === current) return [fine(program, running)];
    return [{
      subject: program,
      status: "warning",
      value: `still runs ${running}, the host has ${current}`,
      remedy: `Restart it: ${forHost(host, "restart")}`,
    }];
  });
}

/** Whether a run that changed the host came to its end. */
export const unfinishedRun: HostCheck = {
  id: "unfinished-run",
  looksAt: "Whether a deploy or another run that changed the host came to its end",

  evaluate(view): Verdict[] {
    const { host, facts, drift } = view;
    if (facts.releases === undefined) return [];
    const worker = workerOn(view);
    if (worker !== undefined) return [fine("", `${worker} is at work`)];
    const pending = drift?.pendingHandlers ?? [];
    if (facts.releases.unconfirmed) {
      return [{
        subject: "",
        status: "warning",
        value: "a deploy has changed it and was cut off before it had found it good",
        remedy: `Finish it: ${forHost(host, "deploy")}; or put back what was there: ${
          forHost(host, "rollback")
        }`,
      }];
    }
    if (pending.length === 0) return [fine("", "none")];
    return [{
      subject: "",
      status: "warning",
      value: `a run was cut off before it could ${pending.join(", ")}`,
      remedy: `Finish it: ${forHost(host, "deploy")}`,
    }];
  },
};

/** How old a host's release is. */
export const releaseAge: HostCheck = {
  id: "release-age",
  looksAt: "How long the host has had its release, and with it its version of Deno",
  threshold: "releaseAge",

  evaluate({ host, facts }): Verdict[] {
    const { switchedMs = null, runtime = null } = facts.releases ?? {};
    if (facts.clock === undefined || switchedMs === null) return [];
    const seconds = Math.max(0, (facts.clock.nowMs - switchedMs) / 1000);
    const days = seconds / secondsPerDay;
    const measure = { value: seconds, unit: "seconds" } as const;
    const status = judge(days, host.sweep.thresholds.releaseAge);
    const what = runtime === null ? "" : `, ${runtime.replace(/^deno-/, "Deno ")}`;
    if (status === "ok") return [fine("", `${formatDuration(seconds * 1000)}${what}`, measure)];
    return [{
      subject: "",
      status,
      value: `switched to ${Math.floor(days)} days ago${what}: it lacks what was mended since`,
      remedy: `Deploy a new one: git pull, then ${forHost(host, "deploy")}`,
      measure,
    }];
  },
};

const secondsPerDay = 86_400;
