import { type Finding, type FindingStatus, isLoud, worse } from "./finding.ts";

/** What a sweep has found. */
export interface SweepResult {
  readonly fleet: string;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Names of all hosts that were to be asked, in inventory order. */
  readonly hosts: readonly string[];
  /** In the order of hosts and checks; those of the fleet last. */
  readonly findings: readonly Finding[];
}

/** How the fleet is: as its worst finding that is not silenced. */
export function statusOf({ findings }: Pick<SweepResult, "findings">): FindingStatus {
  return findings.filter(isLoud)
    .reduce<FindingStatus>((worst, { status }) => worse(worst, status), "ok");
}

/**
 * The exit code: 0 all is well, 3 warnings only, 4 hosts could not be reached and nothing else is
 * critical, 1 otherwise. What is silenced does not count.
 */
export function sweepExitCode({ findings }: Pick<SweepResult, "findings">): number {
  const loud = findings.filter(isLoud);
  const critical = loud.filter(({ status }) => status === "critical");
  if (critical.length > 0) return critical.every(({ check }) => check === "reachable") ? 4 : 1;
  return loud.length > 0 ? 3 : 0;
}
