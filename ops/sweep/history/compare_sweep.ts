import { truncate } from "../../../tunnel/printable.ts";
import { type Finding, findingKey, findingStatuses } from "../finding.ts";
import type { Coverage } from "./coverage.ts";
import type { StateName } from "./known_state.ts";

/** Longest subject and value that the history keeps, in UTF-16 units. */
const maxSubjectLength = 200;
const maxValueLength = 500;

/** What is known of a finding from the sweeps before. */
export interface KnownFinding {
  readonly host: string | null;
  readonly check: string;
  readonly subject: string;
  readonly status: StateName;
  readonly value: string;
}

/** What a sweep does to the history of one finding. */
export type FindingUpdate<K extends KnownFinding> =
  | { readonly type: "appeared"; readonly finding: Finding }
  | { readonly type: "changed"; readonly known: K; readonly finding: Finding }
  /** The same problem in other words or numbers. */
  | { readonly type: "reworded"; readonly known: K; readonly finding: Finding }
  | { readonly type: "gone"; readonly known: K };

/**
 * What a sweep does to the history.
 *
 * @param known Findings of the sweeps before by their {@linkcode storedKey}, gone ones too.
 * @param findings Of this sweep by the same keys, as {@linkcode keepable} makes them.
 * @param coverage What it means when one is missing.
 */
export function compareSweep<K extends KnownFinding>(
  known: ReadonlyMap<string, K>,
  findings: ReadonlyMap<string, Finding>,
  { isComplete }: Coverage,
): FindingUpdate<K>[] {
  const updates: FindingUpdate<K>[] = [];
  for (const [key, finding] of findings) {
    const before = known.get(key);
    if (before === undefined) {
      updates.push({ type: "appeared", finding });
    } else if (before.status !== finding.status) {
      updates.push({ type: "changed", known: before, finding });
    } else if (finding.status !== "ok" && before.value !== finding.value) {
      // Words about what is well differ each time ("answered in 12 ms"), and nobody reads them.
      updates.push({ type: "reworded", known: before, finding });
    }
  }
  for (const [key, before] of known) {
    if (before.status !== "gone" && !findings.has(key) && isComplete(before.host, before.check)) {
      updates.push({ type: "gone", known: before });
    }
  }
  return updates;
}

/**
 * What `findingKey` is, for findings that the history can keep, in half of the time: it takes most
 * of what recording a sweep of 500 hosts takes.
 */
export function storedKey(
  { host, check, subject }: Pick<Finding, "host" | "check" | "subject">,
): string {
  return `${host ?? ""}\0${check}\0${subject}`;
}

/**
 * Findings by their keys, as the history keeps them: texts bounded, and of two with the same key the
 * worse one.
 *
 * @param keyOf `findingKey` by default.
 */
export function keepable(
  findings: readonly Finding[],
  keyOf: (finding: Finding) => string = findingKey,
): Map<string, Finding> {
  const kept = new Map<string, Finding>();
  for (const found of findings) {
    const finding = keepableFinding(found);
    const key = keyOf(finding);
    const other = kept.get(key);
    if (other === undefined || rank(finding) > rank(other)) kept.set(key, finding);
  }
  return kept;
}

/** A finding with texts that the history can keep. */
export function keepableFinding(finding: Finding): Finding {
  const subject = storable(finding.subject, maxSubjectLength);
  const value = storable(finding.value, maxValueLength);
  const isSame = subject === finding.subject && value === finding.value;
  return isSame ? finding : { ...finding, subject, value };
}

function rank({ status }: Finding): number {
  return findingStatuses.indexOf(status);
}

/**
 * Text that comes back from the file as it went in: UTF-8 has no halves of surrogate pairs, and
 * `node:sqlite` reads up to the first NUL.
 */
function storable(text: string, maxLength: number): string {
  const short = truncate(text, maxLength);
  if (short.isWellFormed() && !short.includes("\0")) return short;
  return short.toWellFormed().replaceAll("\0", "\u2400");
}
