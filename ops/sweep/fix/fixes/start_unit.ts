import { programsOf } from "../../../fleet/fleet.ts";
import { serviceId } from "../../../fleet/host_plays.ts";
import type { Fix, Treatment } from "../fix.ts";

/** States that a unit does not leave by itself. */
const stoppedStates = ["inactive", "failed"];

/** Starts programs. That somebody has disabled or masked one is seen by the plan, under the lock. */
export const startUnit: Fix = {
  check: "unit",
  does: "Starts a stopped program, also one that systemd has given up; not one that somebody has " +
    "disabled or masked",

  treat({ subject }, { host, facts }): Treatment | undefined {
    const program = programsOf(host).find((name) => name === subject);
    const state = program && facts.programs?.[program]?.state;
    if (program === undefined || state === undefined) return undefined;
    if (!stoppedStates.includes(state.active)) return undefined;
    return { mend: { resources: [serviceId(program)] } };
  },
};
