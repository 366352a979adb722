import * as v from "valibot";
import type { KeptFactSource } from "./fact_source.ts";

/** What a host's clock shows, and since when it runs. */
export interface ClockFacts {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Names this boot. */
  readonly bootId: string;
}

/** The host's clock. */
export const clock: KeptFactSource<ClockFacts> = {
  kept: v.object({ nowMs: v.pipe(v.number(), v.finite()), bootId: v.string() }),

  script: () =>
    `date +%s%3N
read -r boot < /proc/sys/kernel/random/boot_id && echo "$boot"
`,

  parse(output): ClockFacts | undefined {
    const [, now, bootId] = /^(\d{1,16})\n([0-9a-f-]{36})\n$/.exec(output) ?? [];
    if (now === undefined || bootId === undefined) return undefined;
    return { nowMs: Number(now), bootId };
  },
};
