/** What mending has come to, finding by finding: for people and as JSON. Pure. */

import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import type { ChangeJson } from "../../engine/resource/change.ts";
import { describeChange } from "../../engine/resource/change.ts";
import type { HostOutcome } from "../../engine/run/event.ts";
import { handlerOf } from "../../fleet/host_plays.ts";
import type { Line, Paint } from "../../terminal/span.ts";
import { type Finding, findingKey } from "../finding.ts";
import type { FixChoice } from "./choose_fixes.ts";
import type { Mend } from "./fix.ts";
import type { FleetFixing } from "./fix_fleet.ts";

/** How a finding with a fix stands at the end. */
export type FixResult = "mended" | "still wrong" | "would be mended" | "left alone";

/** A finding with a fix, at the end. */
export interface FixedFinding {
  readonly finding: Finding;
  readonly result: FixResult;
  /** What was, or would be, changed for it. */
  readonly changes: readonly ChangeJson[];
  /** Why it is not mended; empty when it is. Texts may come from hosts: escape them. */
  readonly why: string;
}

/** How a host's part of the run has ended. */
export interface FixedHost {
  readonly outcome: HostOutcome | undefined;
  readonly error?: string | undefined;
}

/** What {@linkcode fixedFindings} goes by. */
export interface FixOutcome {
  readonly choice: FixChoice;
  /** `undefined` when there was nothing to do. */
  readonly fixing: FleetFixing | undefined;
  readonly hosts: ReadonlyMap<string, FixedHost>;
  /** What the sweep afterwards has found; `undefined` when nothing was changed. */
  readonly after: readonly Finding[] | undefined;
  readonly check: boolean;
}

/** How each finding with a fix stands; what was left alone comes last. */
export function fixedFindings(outcome: FixOutcome): FixedFinding[] {
  const { choice, fixing } = outcome;
  const leftLater = new Set(fixing?.left.map(({ finding }) => finding));
  const mends = [...choice.mends.values()].flat()
    .filter(({ finding }) => !leftLater.has(finding));
  return [
    ...mends.map((mend) => fixedFinding(mend, outcome)),
    ...[...fixing?.left ?? [], ...choice.left].map(({ finding, why }): FixedFinding => ({
      ...{ finding, why, result: "left alone", changes: [] },
    })),
  ];
}

function fixedFinding(mend: Mend, { fixing, hosts, after, check }: FixOutcome): FixedFinding {
  const { finding } = mend;
  const host = finding.host!;
  const { outcome, error = "it was not done" } = hosts.get(host) ?? {};
  const isWanted = wantedBy(mend);
  const changes = (fixing?.changes.get(host) ?? []).filter(({ resource }) => isWanted(resource));
  const fixed = (result: FixResult, why = ""): FixedFinding => ({ finding, result, changes, why });
  if (outcome !== undefined && outcome !== "done" && outcome !== "failed") {
    return fixed("left alone", error);
  }
  if (changes.length === 0) {
    return fixed("left alone", outcome === "failed" ? error : "there is nothing to change for it");
  }
  if (check) return fixed("would be mended");
  if (after === undefined) return fixed("left alone", error);
  const key = findingKey(finding);
  const now = after.find((each) => findingKey(each) === key);
  // A finding may be there only while something is wrong; then a host that answers is enough.
  const isWell = now === undefined
    ? after.some((each) => each.host === host && each.check === "reachable" && each.status === "ok")
    : now.status === "ok";
  if (isWell) return fixed("mended");
  const seen = now?.value ?? "the host does not answer any more";
  return fixed("still wrong", outcome === "failed" ? `${seen}; ${error}` : seen);
}

/** Whether a change is one of those that mend something, by its resource. */
function wantedBy({ remedy }: Mend): (resource: string) => boolean {
  const { resources = [], commands = [], reload, endDrainOf } = remedy;
  const ids = new Set([
    ...resources,
    ...commands.map(({ id }) => id),
    ...reload === undefined ? [] : [handlerOf("reload", reload)],
    ...endDrainOf === undefined ? [] : [handlerOf("restart", endDrainOf)],
  ]);
  return (resource) => ids.has(resource);
}

/** The documented form: see `docs/sweep.md`. */
export function fixesJson(fixed: readonly FixedFinding[]): Record<string, unknown>[] {
  return fixed.map(({ finding, result, changes, why }) => ({
    ...{ host: finding.host, check: finding.check, subject: finding.subject },
    ...{ result: result.replaceAll(" ", "_"), changes, why: why === "" ? null : why },
  }));
}

const marks: Readonly<Record<FixResult, { readonly mark: string; readonly paint: Paint }>> = {
  "mended": { mark: "✓", paint: green },
  "still wrong": { mark: "✗", paint: red },
  "would be mended": { mark: "~", paint: yellow },
  "left alone": { mark: "·", paint: dim },
};

/** For people: a line for each finding with a fix, and further lines of its error. */
export function fixLines(fixed: readonly FixedFinding[]): Line[] {
  return fixed.flatMap(({ finding: { host, check, subject }, result, changes, why }): Line[] => {
    const { mark, paint } = marks[result];
    const done = changes.map(describeChange).join("; ");
    const [first = "", ...others] = why.split("\n");
    const texts = [...result === "left alone" || done === "" ? [] : [done], first];
    return [
      [
        { text: `${mark} ${result}  `, paint },
        { text: host ?? "", paint: bold },
        { text: `  ${check}${subject === "" ? "" : ` ${subject}`}: ` },
        { text: texts.filter((text) => text !== "").join("; now: ") },
      ],
      ...others.map((text): Line => [{ text: `    ${text}`, paint: dim }]),
    ];
  });
}
