import { nearestHint } from "../../../tunnel/options/nearest.ts";
import type { FleetHost } from "../../fleet/fleet.ts";
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
      const verdicts = new Map<string, FleetVerdict>();
      const all = fleet.hosts.flatMap((host) =>
        host.sweep.quiet.silences.map((silence) => ({ host, silence }))
      );
      for (const { host, silence } of all) {
        const problem = problemOf(silence, known, nowMs);
        if (problem === undefined) continue;
        const users = usersOf(silence, fleet.hosts);
        // One that a group has set is one mistake: it is told of the first host, or of the fleet.
        const isAll = users.length === fleet.hosts.length;
        verdicts.set(
          JSON.stringify(silence),
          verdicts.get(JSON.stringify(silence)) ?? {
            host: isAll ? null : host.name,
            subject: silence.subject === undefined
              ? silence.check
              : `${silence.check} ${silence.subject}`,
            status: "warning",
            value: `${problem} (${silence.reason})${othersText(isAll ? 1 : users.length)}`,
            remedy: "Mend ztna_sweep_silences in the inventory: take the entry out, or give it a " +
              "later day",
          },
        );
      }
      return [...verdicts.values()];
    },
  };
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

function usersOf(silence: Silence, hosts: readonly FleetHost[]): FleetHost[] {
  const text = JSON.stringify(silence);
  return hosts.filter(({ sweep }) =>
    sweep.quiet.silences.some((other) => JSON.stringify(other) === text)
  );
}

function othersText(users: number): string {
  return users === 1 ? "" : `; ${users} hosts have it`;
}
