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
 * @param known Findings of the sweeps before by their keys, gone ones too.
 * @param findings Of this sweep, with texts that the history can keep: see {@linkcode keepable}.
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
 * Findings by their keys, as the history keeps them: texts bounded, and of two with the same key the
 * worse one.
 */
export function keepable(findings: readonly Finding[]): Map<string, Finding> {
  const kept = new Map<string, Finding>();
  for (const found of findings) {
    const finding = keepableFinding(found);
    const key = findingKey(finding);
    const other = kept.get(key);
    if (other === undefined || rank(finding) > rank(other)) kept.set(key, finding);
  }
  return kept;
}

/** A finding with texts that the history can keep. */
export function keepableFinding(finding: Finding): Finding {
  return {
    ...finding,
    subject: storable(finding.subject, maxSubjectLength),
    value: storable(finding.value, maxValueLength),
  };
}

function rank({ status }: Finding): number {
  return findingStatuses.indexOf(status);
}

/**
 * Text that comes back from the file as it went in: UTF-8 has no halves of surrogate pairs, and
 * `node:sqlite` reads up to the first NUL.
 */
function storable(text: string, maxLength: number): string {
  return truncate(text, maxLength).toWellFormed().replaceAll("\0", "\u2400");
}
