import { describeUnit } from "../../engine/health/unit_state.ts";
import { programsOf, unitOf } from "../../fleet/fleet.ts";
import { formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { forHost, onHost } from "./host_commands.ts";

/** Whether systemd has the host's programs running. */
export const unit: HostCheck = {
  id: "unit",
  looksAt: "Whether systemd has each program of the host running",

  evaluate({ host, facts }): Verdict[] {
    return programsOf(host).flatMap((program) => {
      const health = facts.programs?.[program];
      if (health === undefined) return [];
      const { state, active } = health;
      const age = facts.starts?.[program]?.ageSeconds ?? null;
      if (active) {
        const since = age === null ? "" : ` for ${formatDuration(age * 1000)}`;
        return [fine(program, `${describeUnit(state)}${since}`)];
      }
      const { worker } = facts.work ?? { worker: null };
      const isWorkedOn = worker !== null;
      const isKnown = state.active !== "unknown";
      const journal = onHost(host, "journalctl", "-n", "50", "-u", unitOf(program));
      const remedy = isWorkedOn
        ? `Wait for ${worker}, then sweep again`
        : !isKnown
        ? `See whether systemd works: ${onHost(host, "systemctl", "is-system-running")}`
        : !state.isLoaded
        ? `Deploy it: ${forHost(host, "deploy")}`
        : state.active === "inactive"
        ? `Start it: ${onHost(host, "systemctl", "start", unitOf(program))}`
        : `See why it ends: ${journal}`;
      // Somebody restarts it: that is over in seconds, or the next sweep finds it as it is.
      const status = isWorkedOn ? "warning" : "critical";
      const value = isKnown ? describeUnit(state) : "systemd does not tell of it";
      return [{ subject: program, status, value, remedy }];
    });
  },
};
