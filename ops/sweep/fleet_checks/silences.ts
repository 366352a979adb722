import { nearestHint } from "../../../tunnel/options/nearest.ts";
import type { Silence } from "../../fleet/sweep_silences.ts";
import type { CheckDeclaration, FleetCheck, FleetVerdict, FleetView } from "../check.ts";

/**
 * Whether what the inventory silences is still to be silenced.
 *
 * @param checks All checks that there are; asked when it is used.
 */
export function silencesCheck(checks: () => readonly CheckDeclaration[]): FleetCheck {
  return {
    id: "silences",
    looksAt: "Whether silences of the inventory have expired, or are for a check that there isn't",

    evaluate({ fleet, nowMs }: FleetView): FleetVerdict[] {
      const known = checks().map(({ id }) => id);
      const all = fleet.hosts.flatMap(({ name, sweep }) =>
        sweep.quiet.silences.map((silence): SilenceOfHost => ({ host: name, silence }))
      );
      // One that a group has set is one mistake, however many hosts have it.
      const groups = Map.groupBy(all, ({ silence }) => JSON.stringify(silence));
      return [...groups.values()].flatMap(([first, ...others]): FleetVerdict[] => {
        const { host, silence } = first!;
        const problem = problemOf(silence, known, nowMs);
        if (problem === undefined) return [];
        const { check, subject, reason } = silence;
        const users = 1 + others.length;
        const isAll = users === fleet.hosts.length;
        return [{
          host: isAll ? null : host,
          subject: subject === undefined ? check : `${check} ${subject}`,
          status: "warning",
          value: `${problem} (${reason})${isAll || users === 1 ? "" : `; ${users} hosts have it`}`,
          remedy: "Mend ztna_sweep_silences in the inventory: take the entry out, or give it a " +
            "later day",
        }];
      });
    },
  };
}

interface SilenceOfHost {
  readonly host: string;
  readonly silence: Silence;
}

function problemOf(
  { check, untilMs }: Silence,
  known: readonly string[],
  nowMs: number,
): string | undefined {
  if (!known.includes(check)) {
    return `there is no check ${JSON.stringify(check)}: ${nearestHint("check", check, known)}`;
  }
  if (nowMs < untilMs) return undefined;
  return `it has expired at ${new Date(untilMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
