import { formatDuration } from "../terminal/quantities.ts";
import type { HostView } from "./check.ts";
import type { CounterFacts } from "./facts/counters.ts";

/** What a host's kernel has counted since the sweep before. */
export interface SinceBefore {
  readonly counters: CounterFacts;
  /** The time, for people: `5 min 00 s`. */
  readonly duration: string;
}

/**
 * What has been counted since the sweep before; `undefined` at the first sweep, after a boot, where
 * a counter has gone backwards, and where nothing is known.
 */
export function sinceBefore(
  { facts, before }: Pick<HostView, "facts" | "before">,
): SinceBefore | undefined {
  const { clock, counters } = facts;
  if (clock === undefined || counters === undefined) return undefined;
  if (before?.clock === undefined || before.counters === undefined) return undefined;
  const elapsedMs = clock.nowMs - before.clock.nowMs;
  if (clock.bootId !== before.clock.bootId || elapsedMs <= 0) return undefined;
  const names = Object.keys(counters) as (keyof CounterFacts)[];
  const differences = names.map((name) => [name, counters[name] - before.counters![name]] as const);
  if (!differences.every(([, difference]) => difference >= 0)) return undefined;
  return {
    counters: Object.fromEntries(differences) as unknown as CounterFacts,
    duration: formatDuration(elapsedMs),
  };
}
