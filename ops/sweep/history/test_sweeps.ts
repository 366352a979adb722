/** Sweeps for the tests of the history. */

import type { Finding, FindingStatus } from "../finding.ts";
import type { HostAnswer } from "../gather_host.ts";
import type { FleetSweep } from "../sweep_fleet.ts";

/** What a test says of a sweep. */
export interface TestSweep {
  /** Its start, in ms since 1970. */
  readonly atMs: number;
  /** Hosts that were to be asked. */
  readonly hosts: readonly string[];
  /** Those of them that have not answered. */
  readonly silent?: readonly string[];
  /** Those of them whose answer could be read in part only. */
  readonly unreadable?: readonly string[];
  readonly findings: readonly Finding[];
  /** Checks that were not made in full. */
  readonly partialChecks?: readonly string[];
  /** What each host that has answered has told. */
  readonly facts?: HostAnswer["facts"];
}

/** A sweep as the fleet's hosts and checks would have made it. */
export function sweepOf(
  { atMs, hosts, silent = [], unreadable = [], findings, facts = {}, partialChecks = [] }:
    TestSweep,
): FleetSweep {
  const answers = hosts.filter((host) => !silent.includes(host)).map((host) => {
    const parts: HostAnswer["unreadable"] = unreadable.includes(host) ? ["clock"] : [];
    const answer: Pick<HostAnswer, "facts" | "unreadable" | "askedMs" | "receivedMs"> = {
      ...{ facts, unreadable: parts, askedMs: atMs, receivedMs: atMs },
    };
    // What resources are like is no matter of the history.
    return [host, answer as HostAnswer] as const;
  });
  return {
    answers: new Map(answers),
    partialChecks: new Set(partialChecks),
    result: { fleet: "test", startedMs: atMs, durationMs: 1000, hosts, findings },
  };
}

/** A finding with the rest of it made up. */
export function findingOf(
  host: string | null,
  check: string,
  status: FindingStatus,
  rest: Partial<Finding> = {},
): Finding {
  return { host, check, subject: "", status, value: `${check} is ${status}`, remedy: "", ...rest };
}
