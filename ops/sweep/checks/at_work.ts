import type { HostView } from "../check.ts";
import type { Verdict } from "../finding.ts";

/** Who changes a host right now, for people; `undefined` when nobody does. */
export function workerOn({ facts }: Pick<HostView, "facts">): string | undefined {
  return facts.work?.worker ?? undefined;
}

/**
 * Tones down what may only be so because somebody restarts or replaces things right now: that is
 * over in seconds, or the next sweep finds it as it is.
 */
export function allowForWork<V extends Verdict>(worker: string | undefined, verdict: V): V {
  if (worker === undefined || verdict.status === "ok") return verdict;
  return { ...verdict, status: "warning", remedy: `Wait for ${worker}, then sweep again` };
}
