import { type Finding, type FindingStatus, findingStatuses } from "../finding.ts";

/** What a finding can be like in the history. `gone`: nobody looks at it any more. */
export const stateNames = [...findingStatuses, "gone"] as const;

/** One of {@linkcode stateNames}. */
export type StateName = typeof stateNames[number];

/** What a finding was or is like for a while. */
export interface KnownState {
  readonly status: StateName;
  /** What the check has said last in this state. */
  readonly value: string;
  /** Since when it is so: start of the sweep that found it first, in ms since 1970. */
  readonly sinceMs: number;
}

/** How a change of a finding looks to who watches the fleet. */
export type ChangeKind = "new" | "worse" | "better" | "solved" | "gone";

/** What has changed of one finding. */
export interface FindingChange {
  /** `new`: a problem where none was; `gone`: a problem that nobody looks for any more. */
  readonly kind: ChangeKind;
  /** As it is now; of a gone one, as it was last. */
  readonly finding: Finding;
  /** As it was; `undefined` for what nobody has looked at before. */
  readonly before: KnownState | undefined;
}

/** The kind of a change of status; `undefined` when nobody needs to know. */
export function changeKind(
  from: StateName | undefined,
  to: StateName,
): ChangeKind | undefined {
  const was = isProblem(from);
  const is = isProblem(to);
  if (!was) return is ? "new" : undefined;
  if (to === "gone") return "gone";
  if (!is) return "solved";
  if (from === to) return undefined;
  return to === "critical" ? "worse" : "better";
}

/** Whether a state is something to do something about. */
export function isProblem(status: StateName | undefined): status is "warning" | "critical" {
  return status === "warning" || status === "critical";
}

/** The number that stands for a state in the file. */
export function stateNumber(status: StateName): number {
  return stateNames.indexOf(status);
}

/** The state that a number of the file stands for. */
export function stateOf(number: number): StateName {
  return stateNames[number] ?? "gone";
}

/** {@linkcode stateOf} of what may be missing. */
export function stateOrNone(number: number | null): StateName | undefined {
  return number === null ? undefined : stateOf(number);
}

/** The worst of statuses; `ok` of none. */
export function worstOf(statuses: Iterable<StateName>): FindingStatus {
  let worst: FindingStatus = "ok";
  for (const status of statuses) {
    if (status === "critical" || status === "warning" && worst === "ok") worst = status;
  }
  return worst;
}
