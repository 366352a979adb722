import { type ProgramName, programsOf } from "../../fleet/fleet.ts";
import { formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { forHost } from "./host_commands.ts";

/** Whether a program was left draining. */
export const drain: HostCheck = {
  id: "drain",
  looksAt: "Whether a program has been draining for long, and nobody works on its host",
  threshold: "drain",

  evaluate({ host, facts, receivedMs }): Verdict[] {
    const nowMs = facts.clock?.nowMs ?? receivedMs;
    return programsOf(host).flatMap((program: ProgramName) => {
      const state = facts.programs?.[program]?.drain ?? null;
      if (state === null) return [];
      if (!state.draining) return [fine(program, "not draining")];
      const sinceMs = Date.parse(state.since ?? "");
      const seconds = Number.isNaN(sinceMs) ? 0 : Math.max(0, (nowMs - sinceMs) / 1000);
      const measure = { value: seconds, unit: "seconds" } as const;
      const left = `${state.connections} peers left`;
      const value = `draining for ${formatDuration(seconds * 1000)}, ${left}`;
      const { worker } = facts.work ?? { worker: null };
      if (worker !== null) return [fine(program, `${value}; ${worker} is at work`, measure)];
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
