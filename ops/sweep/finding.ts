/** How good something is, from good to bad. */
export const findingStatuses = ["ok", "warning", "critical"] as const;

/** One of {@linkcode findingStatuses}. */
export type FindingStatus = typeof findingStatuses[number];

/** A number that a check has looked at, for the history and for Prometheus. */
export interface Measure {
  readonly value: number;
  /** Base units, as Prometheus has them; `count` for what has none. */
  readonly unit: "seconds" | "bytes" | "ratio" | "count";
}

/** What a check says of one subject. Texts may come from hosts: escape them before printing. */
export interface Verdict {
  /** What of the host, in a word or two: `relay`, `service web`, `/var`; empty for the host itself. */
  readonly subject: string;
  readonly status: FindingStatus;
  /** What was found, for people: `93 % of 20 GiB used`. */
  readonly value: string;
  /** What to do, in one line and with the command; empty when all is well. */
  readonly remedy: string;
  readonly measure?: Measure;
}

/** Why a finding is kept quiet about. */
export interface Silencing {
  readonly by: "silence" | "maintenance";
  /** As the inventory has it. */
  readonly reason: string;
  /** When it counts again, in ms since 1970. */
  readonly untilMs: number;
}

/** A verdict with where it belongs. */
export interface Finding extends Verdict {
  /** Name in the inventory; `null` for what is the whole fleet's. */
  readonly host: string | null;
  /** The check's ID. */
  readonly check: string;
  /** Of a problem that the inventory silences: it is shown, and counts for nothing. */
  readonly silenced?: Silencing;
}

/** Whether a finding is a problem that somebody is to hear of. */
export function isLoud({ status, silenced }: Pick<Finding, "status" | "silenced">): boolean {
  return status !== "ok" && silenced === undefined;
}

/** What stays the same of a finding from sweep to sweep: its place in the history. */
export function findingKey(
  { host, check, subject }: Pick<Finding, "host" | "check" | "subject">,
): string {
  return JSON.stringify([host, check, subject]);
}

/** The worse of two. */
export function worse(a: FindingStatus, b: FindingStatus): FindingStatus {
  return findingStatuses.indexOf(a) >= findingStatuses.indexOf(b) ? a : b;
}

/** A verdict that all is well. */
export function fine(subject: string, value: string, measure?: Measure): Verdict {
  return { subject, status: "ok", value, remedy: "", ...measure && { measure } };
}
