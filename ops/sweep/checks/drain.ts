import { type ProgramName, programsOf } from "../../fleet/fleet.ts";
import { counted, formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { workerOn } from "./at_work.ts";
import { forHost } from "./host_commands.ts";

/** Whether a program was left draining. */
export const drain: HostCheck = {
  id: "drain",
  looksAt: "Whether a program has been draining for long, and nobody works on its host",
  threshold: "drain",

  evaluate(view): Verdict[] {
    const { host, facts, receivedMs } = view;
    const worker = workerOn(view);
    const nowMs = facts.clock?.nowMs ?? receivedMs;
    return programsOf(host).flatMap((program: ProgramName) => {
      const state = facts.programs?.[program]?.drain ?? null;
      if (state === null) return [];
      if (!state.draining) return [fine(program, "not draining")];
      const sinceMs = Date.parse(state.since ?? "");
      const seconds = Number.isNaN(sinceMs) ? 0 : Math.max(0, (nowMs - sinceMs) / 1000);
      const measure = { value: seconds, unit: "seconds" } as const;
      const left = `${counted(state.connections, "peer")} left`;
      const value = `draining for ${formatDuration(seconds * 1000)}, ${left}`;
      if (worker !== undefined) return [fine(program, `${value}; ${worker} is at work`, measure)];
      const status = judge(seconds, host.sweep.thresholds.drain);
      if (status === "ok") return [fine(program, value, measure)];
      return [{
        subject: program,
        status,
        value: `${value}; it takes nobody new, and nobody works on the host`,
        remedy: `Only a restart ends it: ${forHost(host, "restart")}`,
        measure,
      }];
    });
  },
};
