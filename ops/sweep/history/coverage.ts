import type { SweepResult } from "../sweep_result.ts";
import type { HostAnswer } from "../gather_host.ts";

/** What of a fleet a sweep has looked at. */
export interface Coverage {
  /** Whether of a host, `null` for the fleet, a finding that is missing from the sweep is gone. */
  isComplete(host: string | null): boolean;
}

/**
 * What a sweep's silence means. A host that has not answered, or only in part, has what it had
 * before: a connection that is cut solves no problem, and finds none either. A host that is missing
 * from a sweep of the whole fleet has left the inventory.
 */
export function coverageOf(
  { hosts }: Pick<SweepResult, "hosts">,
  answers: ReadonlyMap<string, Pick<HostAnswer, "unreadable">>,
  isWhole: boolean,
): Coverage {
  const swept = new Set(hosts);
  return {
    isComplete: (host) =>
      host === null || !swept.has(host) ? isWhole : answers.get(host)?.unreadable.length === 0,
  };
}
