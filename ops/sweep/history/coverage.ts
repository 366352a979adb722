import type { FleetSweep } from "../sweep_fleet.ts";

/** What of a fleet a sweep has looked at. */
export interface Coverage {
  /** Whether a finding of the check that the sweep has not found is gone. */
  isComplete(host: string | null, check: string): boolean;
}

/**
 * What a sweep's silence means. A host that has not answered, or only in part, has what it had
 * before: a connection that is cut solves no problem, and finds none either. So it is with a check
 * that was not made in full. A host that is missing from a sweep of the whole fleet has left the
 * inventory.
 */
export function coverageOf(
  { result, answers, partialChecks }: FleetSweep,
  isWhole: boolean,
): Coverage {
  const swept = new Set(result.hosts);
  return {
    isComplete: (host, check) => {
      if (host === null) return isWhole && !partialChecks.has(check);
      if (!swept.has(host)) return isWhole;
      return answers.get(host)?.unreadable.length === 0 && !partialChecks.has(check);
    },
  };
}
