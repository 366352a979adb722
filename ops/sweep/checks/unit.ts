import { describeUnit } from "../../engine/health/unit_state.ts";
import { programsOf, unitOf } from "../../fleet/fleet.ts";
import { formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { allowForWork, workerOn } from "./at_work.ts";
import { forHost, onHost } from "./host_commands.ts";

/** Whether systemd has the host's programs running. */
export const unit: HostCheck = {
  id: "unit",
  looksAt: "Whether systemd has each program of the host running",

  evaluate(view): Verdict[] {
    const { host, facts } = view;
    return programsOf(host).flatMap((program) => {
      const health = facts.programs?.[program];
      if (health === undefined) return [];
      const { state, active } = health;
      const age = facts.starts?.[program]?.ageSeconds ?? null;
      if (active) {
        const since = age === null ? "" : ` for ${formatDuration(age * 1000)}`;
        return [fine(program, `${describeUnit(state)}${since}`)];
      }
      const isKnown = state.active !== "unknown";
      const journal = onHost(host, "journalctl", "-n", "50", "-u", unitOf(program));
      const remedy = !isKnown
        ? `See whether systemd works: ${onHost(host, "systemctl", "is-system-running")}`
        : !state.isLoaded
        ? `Deploy it: ${forHost(host, "deploy")}`
        : state.active === "inactive"
        ? `Start it: ${onHost(host, "systemctl", "start", unitOf(program))}`
        : `See why it ends: ${journal}`;
      const value = isKnown ? describeUnit(state) : "systemd does not tell of it";
      const verdict = { subject: program, status: "critical", value, remedy } as const;
      return [allowForWork<Verdict>(workerOn(view), verdict)];
    });
  },
};
