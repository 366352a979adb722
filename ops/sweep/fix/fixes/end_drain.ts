import { programsOf } from "../../../fleet/fleet.ts";
import type { Fix, Treatment } from "../fix.ts";

/** Ends drains that nobody waits for. */
export const endDrain: Fix = {
  check: "drain",
  does:
    "Restarts a program that was left draining: its peers have had their time, and it takes no " +
    "new ones",

  treat({ subject }, { host }): Treatment | undefined {
    const program = programsOf(host).find((name) => name === subject);
    return program && { mend: { endDrainOf: program } };
  },
};
