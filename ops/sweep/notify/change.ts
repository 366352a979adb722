import { type Finding, findingKey, isLoud } from "../finding.ts";
import type { Coverage } from "../history/coverage.ts";
import { type ChangeKind, changeKind, isProblem, type StateName } from "../history/known_state.ts";

/** A problem that a receiver has been told of. */
export interface ToldProblem {
  readonly host: string | null;
  readonly check: string;
  readonly subject: string;
  /** `ok` only of one that is {@linkcode isFlapping}. */
  readonly status: Exclude<StateName, "gone">;
  readonly value: string;
  readonly remedy: string;
  /** Since when it is as it is, in ms since 1970. */
  readonly sinceMs: number;
  /** Whether it was told that it comes and goes; then it is told again once it is steady. */
  readonly isFlapping: boolean;
}

/** What a receiver is told of one finding. */
export interface NotifiedChange extends Omit<ToldProblem, "status" | "isFlapping"> {
  /** The same whenever the change is sent again, so that it can be recognized. */
  readonly id: string;
  /** `flapping`: it comes and goes, and is not told of again until it is steady. */
  readonly kind: ChangeKind | "flapping";
  /** Start of the sweep that has noticed it, in ms since 1970. */
  readonly atMs: number;
  /** What the receiver knows; `null` when it knew of no problem. */
  readonly from: StateName | null;
  readonly to: StateName;
}

/** What is to be known of a sweep to tell what has changed. */
export interface NotifiedSweep {
  readonly startedMs: number;
  /** By `findingKey`, with bounded texts. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly coverage: Coverage;
  /** Since when problems are as they are, as far as the history knows, by `findingKey`. */
  readonly since: ReadonlyMap<string, number>;
  /** Keys of findings that change too often to tell of each change. */
  readonly flapping: { has(key: string): boolean };
}

/** What comes of a sweep for one receiver. */
export interface NextNotifications {
  /** What it knows once it has got the changes, by `findingKey`. */
  readonly told: ReadonlyMap<string, ToldProblem>;
  readonly changes: readonly NotifiedChange[];
}

/**
 * Compares a sweep with what a receiver knows, not with the sweep before: one that was silenced,
 * limited to a few hosts or never told of leaves nothing out. What is silenced stays as it is for
 * the receiver until it is solved, or its silence is over.
 *
 * @param newId Gives an ID for each change.
 */
export function nextNotifications(
  before: ReadonlyMap<string, ToldProblem>,
  sweep: NotifiedSweep,
  newId: () => string = () => crypto.randomUUID(),
): NextNotifications {
  const { startedMs, findings, coverage, since, flapping } = sweep;
  const told = new Map<string, ToldProblem>();
  const changes: NotifiedChange[] = [];
  for (const [key, finding] of findings) {
    const known = before.get(key);
    const isFlapping = flapping.has(key) && (isLoud(finding) || known !== undefined);
    const kind = kindOf(finding, known, isFlapping);
    const sinceMs = since.get(key) ?? (kind === undefined ? known?.sinceMs : undefined) ??
      startedMs;
    if (kind === undefined && known !== undefined) told.set(key, known);
    else if (kind !== undefined) {
      if (isFlapping || isProblem(finding.status)) {
        told.set(key, { ...placeOf(finding), status: finding.status, sinceMs, isFlapping });
      }
      changes.push({
        ...{ id: newId(), kind, atMs: startedMs, sinceMs, ...placeOf(finding) },
        from: known?.status ?? null,
        to: finding.status,
      });
    }
  }
  for (const [key, known] of before) {
    if (findings.has(key)) continue;
    if (!coverage.isComplete(known.host, known.check)) told.set(key, known);
    else {
      changes.push({
        ...{ id: newId(), kind: "gone", atMs: startedMs, sinceMs: startedMs, ...placeOf(known) },
        ...{ from: known.status, to: "gone" },
      });
    }
  }
  return { told, changes };
}

/** What a receiver is told of a finding; `undefined` for nothing. */
function kindOf(
  finding: Finding,
  known: ToldProblem | undefined,
  isFlapping: boolean,
): NotifiedChange["kind"] | undefined {
  if (finding.silenced !== undefined) return undefined;
  if (isFlapping) return known?.isFlapping ? undefined : "flapping";
  if (known?.isFlapping) return isProblem(finding.status) ? "new" : "solved";
  return changeKind(known?.status, finding.status);
}

function placeOf(
  { host, check, subject, value, remedy }: Omit<ToldProblem, "sinceMs" | "status" | "isFlapping">,
): Pick<ToldProblem, "host" | "check" | "subject" | "value" | "remedy"> {
  return { host, check, subject, value, remedy };
}

/** The key of what a receiver knows. */
export function toldKey(told: Pick<ToldProblem, "host" | "check" | "subject">): string {
  return findingKey(told);
}
