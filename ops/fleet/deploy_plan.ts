import type { Change } from "../engine/resource/change.ts";
import type { Facts } from "../engine/resource/facts.ts";
import { dropHandlers, type Plan, planChanges } from "../engine/resource/plan.ts";
import type { PlanOptions } from "../engine/resource/planning.ts";
import type { Play, Resource } from "../engine/resource/resource.ts";
import { type FleetHost, type ProgramName, programNames, programsOf, unitOf } from "./fleet.ts";
import { handlerOf, type HostPlays, releaseIdPrefix, serviceId } from "./host_plays.ts";
import { hostPaths } from "../host_paths.ts";

/** What a deploy is going to do with a host. */
export interface HostPlan {
  /** Changes nothing that runs. */
  readonly prepare: Plan;
  /** Takes programs out of service for a moment. */
  readonly activate: Plan;
  /** Programs that run, and that `activate` restarts. */
  readonly restarts: readonly ProgramName[];
  /** Files and links that `activate` changes: what a snapshot keeps. */
  readonly changedPaths: readonly string[];
}

/** The plays of a host as one: what is gathered and planned together. */
export function combinedPlay({ prepare, activate }: HostPlays): Play {
  return {
    resources: [...prepare.resources, ...activate.resources],
    handlers: [...prepare.handlers, ...activate.handlers],
  };
}

/**
 * Plans both parts of a host's plays. They are planned as one, since the second sees what the first
 * will have made (the owner of a file), and then divided.
 */
export function planHost(
  host: FleetHost,
  plays: HostPlays,
  facts: Facts,
  options: PlanOptions = {},
): HostPlan {
  const plan = planChanges(combinedPlay(plays), facts, options);
  const early = new Set(plays.prepare.resources.map(({ id }) => id));
  const isEarly = ({ resource }: { readonly resource: string }): boolean => early.has(resource);
  const isLate = (part: { readonly resource: string }): boolean => !isEarly(part);
  const earlyHandlers = new Set(plays.prepare.handlers.map(({ id }) => id));
  const part = (
    includes: (part: { readonly resource: string }) => boolean,
    handlers: Plan["handlers"],
  ): Plan => ({
    ...plan,
    changes: plan.changes.filter(includes),
    handlers,
    warnings: plan.warnings.filter(includes),
    conflicts: plan.conflicts.filter(includes),
  });
  const down = programsOf(host).filter((program) => isDown(facts, program));
  const activate = withoutSecondStarts(
    part(isLate, plan.handlers.filter(({ id }) => !earlyHandlers.has(id))),
    down,
  );
  return {
    prepare: part(isEarly, plan.handlers.filter(({ id }) => earlyHandlers.has(id))),
    activate,
    restarts: programsOf(host).filter((program) =>
      !down.includes(program) && stops(activate, program)
    ),
    changedPaths: pathsOf(activate.changes, plays.activate.resources),
  };
}

/** Whether a program does not run, and nothing is about to start it by itself. */
function isDown(facts: Facts, program: ProgramName): boolean {
  const state = facts.units.get(unitOf(program))?.activeState;
  return state === "inactive" || state === "failed";
}

/**
 * A program that a change starts has all that is new, and so has one that is restarted: what would
 * restart or reload it on top need not run.
 */
function withoutSecondStarts(plan: Plan, down: readonly ProgramName[]): Plan {
  const started = down.filter((program) =>
    plan.changes.some(({ resource }) => resource === serviceId(program))
  );
  const restarted = programNames.filter((program) =>
    plan.handlers.some(({ id }) => id === handlerOf("restart", program))
  );
  return dropHandlers(plan, [
    ...started.flatMap((program) => [
      handlerOf("restart", program),
      handlerOf("reload", program),
    ]),
    ...restarted.map((program) => handlerOf("reload", program)),
  ]);
}

/** Whether a plan has nothing to do. */
export function isEmpty({ changes, handlers }: Plan): boolean {
  return changes.length === 0 && handlers.length === 0;
}

/** How many things a plan does, as people count them: handlers only where nothing else is done. */
export function countChanges({ changes, handlers }: Plan): number {
  return changes.length > 0 ? changes.length : handlers.length;
}

function stops({ changes, handlers }: Plan, program: ProgramName): boolean {
  return handlers.some(({ id }) => id === handlerOf("restart", program)) ||
    changes.some(({ resource }) => resource === serviceId(program));
}

function pathsOf(changes: readonly Change[], resources: readonly Resource[]): string[] {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  return changes.flatMap(({ resource }) => {
    if (resource.startsWith(releaseIdPrefix)) return [hostPaths.current];
    const changed = byId.get(resource);
    return changed !== undefined && "path" in changed && changed.kind !== "directory"
      ? [changed.path]
      : [];
  });
}
