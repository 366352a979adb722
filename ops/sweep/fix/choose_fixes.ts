import type { Finding } from "../finding.ts";
import type { Fix, FixView, LeftFinding, Mend } from "./fix.ts";
import { allFixes } from "./fixes.ts";

/** What there is to mend in a fleet. */
export interface FixChoice {
  /** By the host's name. */
  readonly mends: ReadonlyMap<string, readonly Mend[]>;
  /** What has a fix that is not to be used now. */
  readonly left: readonly LeftFinding[];
}

/**
 * Chooses what can be mended of what a sweep has found. Nobody gets in the way of another who
 * changes a host right now.
 *
 * @param views The hosts that have answered, by name.
 */
export function chooseFixes(
  findings: readonly Finding[],
  views: ReadonlyMap<string, FixView>,
  fixes: readonly Fix[] = allFixes,
): FixChoice {
  const mends = new Map<string, Mend[]>();
  const left: LeftFinding[] = [];
  for (const finding of findings) {
    const { host, check, status, silenced } = finding;
    const view = host === null ? undefined : views.get(host);
    if (host === null || view === undefined || status === "ok") continue;
    const treatment = fixes.find((fix) => fix.check === check)?.treat(finding, view);
    if (treatment === undefined) continue;
    const worker = view.facts.work?.worker ?? null;
    if (silenced !== undefined) left.push({ finding, why: `silenced: ${silenced.reason}` });
    else if (worker !== null) left.push({ finding, why: `${worker} is at work on the host` });
    else if ("leave" in treatment) left.push({ finding, why: treatment.leave });
    else mends.set(host, [...mends.get(host) ?? [], { finding, remedy: treatment.mend }]);
  }
  return { mends, left };
}
