import { type Finding, type FindingStatus, worse } from "./finding.ts";

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

/** How the fleet is: as its worst finding. */
export function statusOf({ findings }: Pick<SweepResult, "findings">): FindingStatus {
  return findings.reduce<FindingStatus>((worst, { status }) => worse(worst, status), "ok");
}

/**
 * The exit code: 0 all is well, 3 warnings only, 4 hosts could not be reached and nothing else is
 * critical, 1 otherwise.
 */
export function sweepExitCode({ findings }: Pick<SweepResult, "findings">): number {
  const critical = findings.filter(({ status }) => status === "critical");
  if (critical.length > 0) return critical.every(({ check }) => check === "reachable") ? 4 : 1;
  return findings.some(({ status }) => status === "warning") ? 3 : 0;
}
