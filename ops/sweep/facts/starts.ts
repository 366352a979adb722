import * as v from "valibot";
import { type ProgramName, programNames, programsOf, unitOf } from "../../fleet/fleet.ts";
import type { KeptFactSource } from "./fact_source.ts";

/** How often a program was started, and when last. */
export interface ProgramStarts {
  /** Restarts by systemd since somebody last started it. */
  readonly restarts: number;
  /** How long its process runs, in seconds; `null` without one. */
  readonly ageSeconds: number | null;
}

/** The programs of a host; those that it has. */
export type StartFacts = Readonly<Partial<Record<ProgramName, ProgramStarts>>>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const kept = v.object({
  restarts: count,
  ageSeconds: v.nullable(v.pipe(v.number(), v.finite())),
});

/** How often and when the programs were started. */
export const starts: KeptFactSource<StartFacts> = {
  kept: v.object({
    application: v.exactOptional(kept),
    relay: v.exactOptional(kept),
    connector: v.exactOptional(kept),
  }),

  // Both clocks run on from the same boot, so that nobody has to know the host's time zone.
  script: () =>
    `read -r up _ < /proc/uptime && echo "up=$up"
printf '%s\n' "$units"
`,

  parse(output, { host }): StartFacts | undefined {
    const [, up] = /^up=(\d{1,12}(?:\.\d{1,3})?)$/m.exec(output) ?? [];
    if (up === undefined) return undefined;
    const found = new Map<string, ProgramStarts>();
    for (const block of output.slice(0, maxLength).split("\n\n")) {
      const of = (name: string): number | undefined => {
        const [, digits] = new RegExp(`^${name}=(\\d{1,15})$`, "m").exec(block) ?? [];
        return digits === undefined ? undefined : Number(digits);
      };
      const [, id] = /^Id=(\S{1,100})$/m.exec(block) ?? [];
      const startedUs = of("ExecMainStartTimestampMonotonic") ?? 0;
      const runs = (of("MainPID") ?? 0) > 0 && startedUs > 0;
      if (id === undefined) continue;
      found.set(id, {
        restarts: of("NRestarts") ?? 0,
        ageSeconds: runs ? Math.max(0, Number(up) - startedUs / 1e6) : null,
      });
    }
    const names = programNames.filter((name) =>
      host[name] !== undefined && found.has(unitOf(name))
    );
    if (names.length < programsOf(host).length) return undefined;
    return Object.fromEntries(names.map((name) => [name, found.get(unitOf(name))!]));
  },
};

/** What is looked at of the output, in UTF-16 units: three units have some hundred each. */
const maxLength = 4096;
