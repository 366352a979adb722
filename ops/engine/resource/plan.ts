import type { Change } from "./change.ts";
import { parentOf } from "./fact_request.ts";
import type { Facts } from "./facts.ts";
import { firewallFiles } from "./firewall_files.ts";
import { planAbsent } from "./kinds/absent.ts";
import { planCommand } from "./kinds/command.ts";
import { planDirectory } from "./kinds/directory.ts";
import { planFile } from "./kinds/file.ts";
import { planFirewall } from "./kinds/firewall.ts";
import { planLink } from "./kinds/link.ts";
import { planPackage } from "./kinds/package.ts";
import { planService } from "./kinds/service.ts";
import { planSysctl } from "./kinds/sysctl.ts";
import { planUser } from "./kinds/user.ts";
import { Planning, type PlanNote, type PlanOptions } from "./planning.ts";
import type { Handler, Play, Resource } from "./resource.ts";
import { sysctlFile } from "./sysctl_file.ts";

/** What leads from a host's facts to what a play describes. */
export interface Plan {
  /** In the order in which they are made. */
  readonly changes: readonly Change[];
  /** Those that changes make due, and those that earlier runs did not get to; in the play's order. */
  readonly handlers: readonly Handler[];
  /** What the operator has to know; in nobody's way. */
  readonly warnings: readonly PlanNote[];
  /** What cannot be made so. With any of them nothing of the plan is applied. */
  readonly conflicts: readonly PlanNote[];
  /** IDs of handlers that need not run, whatever was due: see {@linkcode dropHandlers}. */
  readonly obsolete?: readonly string[];
  /** Where files and links of the play are, so that runs that were cut off may have left theirs. */
  readonly directories: readonly string[];
}

/**
 * Compares what must be with what is. Pure: the same play and facts give the same plan. A plan sees
 * the changes in front of a resource: the owner of a file may be a user that is yet to be made.
 */
export function planChanges(play: Play, facts: Facts, options: PlanOptions = {}): Plan {
  const planning = new Planning(facts, options);
  for (const resource of play.resources) planResource(resource, planning);
  const { changes, warnings, conflicts } = planning;
  const due = new Set([...facts.pendingHandlers, ...changes.flatMap(({ notify }) => notify)]);
  return {
    changes,
    handlers: play.handlers.filter(({ id }) => due.has(id)),
    warnings,
    conflicts,
    directories: temporaryDirectories(play),
  };
}

/** Whether a host is as the play describes it: nothing to change, to run or to complain about. */
export function isConverged({ changes, handlers, conflicts }: Plan): boolean {
  return changes.length === 0 && handlers.length === 0 && conflicts.length === 0;
}

/**
 * A plan without some of its handlers, because something else does what they would: a service that
 * the plan starts needs no restart. Once the plan is applied, they are due no more.
 */
export function dropHandlers(plan: Plan, ids: readonly string[]): Plan {
  const isKept = (id: string): boolean => !ids.includes(id);
  return {
    ...plan,
    changes: plan.changes.map((change) => ({ ...change, notify: change.notify.filter(isKept) })),
    handlers: plan.handlers.filter(({ id }) => isKept(id)),
    obsolete: [...plan.obsolete ?? [], ...ids],
  };
}

function planResource(resource: Resource, planning: Planning): void {
  switch (resource.kind) {
    case "file":
      return planFile(resource, planning);
    case "absent":
      return planAbsent(resource, planning);
    case "directory":
      return planDirectory(resource, planning);
    case "link":
      return planLink(resource, planning);
    case "user":
      return planUser(resource, planning);
    case "package":
      return planPackage(resource, planning);
    case "sysctl":
      return planSysctl(resource, planning);
    case "service":
      return planService(resource, planning);
    case "firewall":
      return planFirewall(resource, planning);
    case "command":
      return planCommand(resource, planning);
  }
}

function temporaryDirectories({ resources }: Play): string[] {
  const paths = resources.flatMap((resource) => {
    switch (resource.kind) {
      case "file":
      case "link":
        return [resource.path];
      case "sysctl":
        return [sysctlFile(resource.name)];
      case "firewall":
        return firewallFiles(resource).map(({ path }) => path);
      default:
        return [];
    }
  });
  return [...new Set(paths.map(parentOf))];
}
