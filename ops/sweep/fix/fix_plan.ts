/** From what is to be mended on a host to the changes that do it. Pure. */

import { type ChangeJson, changeJson } from "../../engine/resource/change.ts";
import type { Facts } from "../../engine/resource/facts.ts";
import { type Plan, planChanges } from "../../engine/resource/plan.ts";
import type { PlanOptions } from "../../engine/resource/planning.ts";
import type { Handler, Play } from "../../engine/resource/resource.ts";
import { type ProgramName, programNames, unitOf } from "../../fleet/fleet.ts";
import { handlerOf, serviceId } from "../../fleet/host_plays.ts";
import type { LeftFinding, Mend } from "./fix.ts";

/** What is going to be done on a host. */
export interface FixPlan {
  /** What is mended by it; in the order of the findings. */
  readonly mends: readonly Mend[];
  /** Changes and handlers, for the engine of deploy. */
  readonly plan: Plan;
  /** Programs that are restarted then. */
  readonly restarts: readonly ProgramName[];
  /** Programs that have to be ready at the end. */
  readonly awaits: readonly ProgramName[];
  /** What turned out to be better left alone. */
  readonly left: readonly LeftFinding[];
}

/**
 * What has to be looked at, and made true, to mend something.
 *
 * @param play All that a deploy makes true of the host.
 */
export function fixPlay(mends: readonly Mend[], play: Play): Play {
  const ids = new Set(mends.flatMap(({ remedy }) => remedy.resources ?? []));
  const commands = mends.flatMap(({ remedy }) => remedy.commands ?? []);
  const resources = [
    ...play.resources.filter(({ id }) => ids.has(id)),
    // Two findings may have the same remedy.
    ...new Map(commands.map((command) => [command.id, command])).values(),
  ];
  const wanted = new Set([
    ...resources.flatMap(({ notify = [] }) => notify),
    ...reloadsOf(mends),
  ]);
  return { resources, handlers: play.handlers.filter(({ id }) => wanted.has(id)) };
}

/**
 * Plans what mends a host. A finding is mended as a whole or left alone: a certificate without its
 * key would be worse than both as they are.
 *
 * @param play The host's {@linkcode fixPlay}.
 * @param draining Programs that take no new peers now.
 */
export function planFixes(
  { mends, play, facts, draining, options = {} }: {
    readonly mends: readonly Mend[];
    readonly play: Play;
    readonly facts: Facts;
    readonly draining: readonly ProgramName[];
    readonly options?: PlanOptions;
  },
): FixPlan {
  const planned = planChanges(play, facts, options);
  const problems = problemsOf(planned, facts);
  const left = mends.flatMap((mend): LeftFinding[] => {
    const why = idsOf(mend).flatMap((id) => problems.get(id) ?? []);
    return why.length === 0 ? [] : [{ finding: mend.finding, why: why.join("; ") }];
  });
  if (left.length > 0) {
    const findings = new Set(left.map(({ finding }) => finding));
    const others = mends.filter(({ finding }) => !findings.has(finding));
    const rest = { mends: others, play: fixPlay(others, play), facts, draining, options };
    const plan = planFixes(rest);
    return { ...plan, left: [...left, ...plan.left] };
  }
  const reloads = reloadsOf(mends);
  const due = new Set([...planned.handlers.map(({ id }) => id), ...reloads]);
  const restarts = programNames.filter((program) =>
    draining.includes(program) && mends.some(({ remedy }) => remedy.endDrainOf === program)
  );
  const starts = programNames.filter((program) =>
    planned.changes.some(({ resource }) => resource === serviceId(program))
  );
  return {
    mends,
    plan: { ...planned, handlers: play.handlers.filter(({ id }) => due.has(id)) },
    restarts,
    awaits: programNames.filter((program) =>
      restarts.includes(program) || starts.includes(program)
    ),
    left: [],
  };
}

/** What a plan comes to, one after the other: for the operator, the events and `--json`. */
export function fixChanges({ plan, restarts }: FixPlan): ChangeJson[] {
  const other = (resource: string, summary: string): ChangeJson => ({
    ...{ resource, summary, kind: "command", differences: [], notify: [] },
  });
  const announced = new Set(plan.changes.flatMap(({ notify }) => notify));
  return [
    ...plan.changes.map(changeJson),
    // Those that a change brings along are no changes of their own.
    ...plan.handlers.filter(({ id }) => !announced.has(id))
      .map(({ id, summary }: Handler) => other(id, summary)),
    ...restarts.map((program) => other(handlerOf("restart", program), restartSummary(program))),
  ];
}

/** A restart for people. */
export function restartSummary(program: ProgramName): string {
  return `restart the ${program}, which was left draining`;
}

/** What keeps resources from being made true, by their IDs. */
function problemsOf(
  { changes, conflicts, warnings }: Plan,
  facts: Facts,
): ReadonlyMap<string, string[]> {
  const problems = new Map<string, string[]>();
  const add = (id: string, text: string): void => {
    problems.set(id, [...problems.get(id) ?? [], text]);
  };
  for (const { resource, text } of [...conflicts, ...warnings]) add(resource, text);
  for (const { resource, differences } of changes) {
    const program = programNames.find((name) => serviceId(name) === resource);
    if (program === undefined || !differences.some(({ property }) => property === "enabled")) {
      continue;
    }
    const unit = unitOf(program);
    const state = facts.units.get(unit)?.fileState ?? "";
    add(
      resource,
      state === ""
        ? `${unit} is not installed: a deploy brings it`
        : `somebody has disabled ${unit}, it seems on purpose: a deploy enables it again`,
    );
  }
  return problems;
}

function idsOf({ remedy }: Mend): string[] {
  return [...remedy.resources ?? [], ...(remedy.commands ?? []).map(({ id }) => id)];
}

function reloadsOf(mends: readonly Mend[]): string[] {
  return mends.flatMap(({ remedy }) =>
    remedy.reload === undefined ? [] : [handlerOf("reload", remedy.reload)]
  );
}
