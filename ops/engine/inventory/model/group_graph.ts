import { ConfigError } from "../../../../tunnel/errors.ts";
import { quote } from "../../../../tunnel/printable.ts";
import { placeText } from "../mistakes.ts";
import type { GroupRecord, HostRecord } from "./records.ts";

/** Groups and everything that they are in, themselves included. */
export function ancestorsOf(groups: Iterable<GroupRecord>): Set<GroupRecord> {
  const found = new Set(groups);
  // A set gives what is added while it is walked, too.
  for (const group of found) for (const parent of group.parents) found.add(parent);
  return found;
}

/**
 * All hosts of a group, those of its children included, in Ansible's order: its own first, then
 * level by level. (Where several groups of one level have children, Ansible's order differs from
 * run to run; here it is that of the file.)
 */
export function hostsOf(group: GroupRecord): HostRecord[] {
  const hosts = new Set<HostRecord>();
  const groups = new Set([group]);
  for (const each of groups) {
    for (const host of each.hosts.values()) hosts.add(host);
    for (const child of each.children.keys()) groups.add(child);
  }
  return [...hosts];
}

/** The order in which the variables of groups are applied: the last one counts. */
export function inOrderOfPrecedence(groups: Iterable<GroupRecord>): GroupRecord[] {
  return [...groups].sort((a, b) =>
    a.depth - b.depth || a.priority - b.priority || (a.name < b.name ? -1 : 1)
  );
}

/**
 * Sets the depth of all groups: the longest way from `all`.
 *
 * @throws {ConfigError} when groups contain each other, with the groups and where that is said.
 */
export function setDepths(all: GroupRecord, groups: readonly GroupRecord[]): void {
  const parentsLeft = new Map(groups.map((group) => [group, group.parents.size]));
  const ready = new Set([all]);
  for (const group of ready) {
    parentsLeft.delete(group);
    for (const child of group.children.keys()) {
      child.depth = Math.max(child.depth, group.depth + 1);
      const left = (parentsLeft.get(child) ?? 0) - 1;
      parentsLeft.set(child, left);
      if (left === 0) ready.add(child);
    }
  }
  const left = new Set(parentsLeft.keys());
  if (left.size > 0) throw loopError(left);
}

/** @param left Groups with a parent among them each: going up leads into the loop. */
function loopError(left: ReadonlySet<GroupRecord>): ConfigError {
  const path = [...left].slice(0, 1);
  let start = -1;
  for (let group = path[0]; group !== undefined && start === -1;) {
    group = [...group.parents].find((parent) => left.has(parent));
    if (group === undefined) break;
    start = path.indexOf(group);
    if (start === -1) path.push(group);
  }
  // From parent to child.
  const loop = path.slice(start).reverse();
  const places = loop.map((group, i) => group.children.get(loop[(i + 1) % loop.length]!));
  const shown = [...new Set(places.filter((place) => place !== undefined).map(placeText))];
  const names = [...loop, ...loop.slice(0, 1)].map(({ name }) => quote(name)).join(" > ");
  return new ConfigError(
    `Cannot use the groups of the inventory as no group may be a part of itself: current value is ${names} (${
      shown.join(", ")
    })`,
  );
}
