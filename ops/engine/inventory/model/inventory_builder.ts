import { quote } from "../../../../tunnel/printable.ts";
import type { InventoryStatement, PlacedVariable } from "../format/statement.ts";
import { maxGroups, maxHosts, maxNameLength } from "../limits.ts";
import { mistakeAt, MistakeList, type SourcePlace, type WarningList } from "../mistakes.ts";
import { ancestorsOf, setDepths } from "./group_graph.ts";
import type { GroupRecord, HostRecord, InventoryRecords, SourcePaths } from "./records.ts";

/** The group of all hosts, and the one of those that are in no other. */
export const allGroup = "all";
export const ungroupedGroup = "ungrouped";

/** Puts together what the sources of an inventory say, one after the other. */
export class InventoryBuilder {
  readonly #groups = new Map<string, GroupRecord>();
  readonly #hosts = new Map<string, HostRecord>();
  readonly #warnings: WarningList;
  readonly #all: GroupRecord;
  readonly #ungrouped: GroupRecord;

  constructor(warnings: WarningList) {
    this.#warnings = warnings;
    const place = { file: "" };
    this.#all = this.#addGroup(allGroup, place);
    this.#ungrouped = this.#addGroup(ungroupedGroup, place);
    this.#addChild(this.#all, this.#ungrouped, undefined);
  }

  hasGroup(name: string): boolean {
    return this.#groups.has(name);
  }

  /**
   * Takes over what a source says.
   *
   * @throws {ConfigError} with all mistakes.
   */
  apply(statements: readonly InventoryStatement[], source: SourcePaths): void {
    const mistakes = new MistakeList();
    for (const statement of statements) {
      mistakes.attempt(() => this.#applyOne(statement, source));
    }
    mistakes.throwIfAny();
  }

  /** Sets variables of a host that a source has named. */
  setHostVariables(host: string, variables: readonly PlacedVariable[]): void {
    for (const variable of variables) this.#setVariable(host, variable);
  }

  /**
   * What has been said, made whole by Ansible's rules: every group is in "all", and a host is in
   * "ungrouped" when it is in no other.
   *
   * @throws {ConfigError} when groups contain each other.
   */
  finish(): InventoryRecords {
    for (const group of this.#groups.values()) {
      if (group === this.#all || group.parents.size > 0) continue;
      this.#addChild(this.#all, group, undefined);
    }
    setDepths(this.#all, [...this.#groups.values()]);
    for (const host of this.#hosts.values()) this.#reconcile(host);
    return { groups: this.#groups, hosts: this.#hosts };
  }

  #applyOne(statement: InventoryStatement, source: SourcePaths): void {
    switch (statement.kind) {
      case "group":
        this.#addGroup(statement.name, statement.place);
        break;
      case "child":
        this.#addDeclaredChild(statement.parent, statement.child, statement.place);
        break;
      case "hosts":
        for (const name of statement.names) {
          this.#addHost(name, statement.group, statement.port, statement.place, source);
          this.setHostVariables(name, statement.variables);
        }
        break;
      case "variable":
        this.#setVariable(statement.group, statement.variable);
        break;
    }
  }

  #addGroup(name: string, place: SourcePlace): GroupRecord {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    checkName("group", name, place);
    if (this.#groups.size >= maxGroups) {
      throw mistakeAt(place, `an inventory may have at most ${maxGroups} groups`);
    }
    this.#warnAboutNamesakes(name, this.#hosts.has(name), place);
    const group: GroupRecord = {
      name,
      hosts: new Map(),
      children: new Map(),
      parents: new Set(),
      variables: new Map(),
      priority: 1,
      depth: 0,
    };
    this.#groups.set(name, group);
    return group;
  }

  #addDeclaredChild(parentName: string, childName: string, place: SourcePlace): void {
    const parent = this.#groups.get(parentName);
    const child = this.#groups.get(childName);
    // Formats declare groups first; those that are missing have been refused.
    if (parent === undefined || child === undefined) return;
    if (child === this.#all) {
      throw mistakeAt(place, `the group "all" holds every group, and is in none`, parentName);
    }
    if (child === this.#ungrouped && parent !== this.#all) {
      const rule = `the group "ungrouped" is for hosts in no other group, and is in "all" only`;
      throw mistakeAt(place, rule, parentName);
    }
    if (parent === child) {
      throw mistakeAt(place, "a group must not be a child of itself", parentName);
    }
    this.#addChild(parent, child, place);
  }

  #addChild(parent: GroupRecord, child: GroupRecord, place: SourcePlace | undefined): void {
    if (parent.children.has(child)) return;
    parent.children.set(child, place);
    child.parents.add(parent);
  }

  #addHost(
    name: string,
    groupName: string,
    port: number | undefined,
    place: SourcePlace,
    source: SourcePaths,
  ): void {
    const group = this.#groups.get(groupName);
    if (group === undefined) return;
    let host = this.#hosts.get(name);
    if (host === undefined) {
      checkName("host", name, place);
      if (name === allGroup) {
        throw mistakeAt(place, 'a host must not have the name "all", which stands for all hosts');
      }
      if (this.#hosts.size >= maxHosts) {
        throw mistakeAt(place, `an inventory may have at most ${maxHosts} hosts`);
      }
      this.#warnAboutNamesakes(name, this.#groups.has(name), place);
      host = { name, source, groups: new Set(), variables: new Map() };
      this.#hosts.set(name, host);
      // Where the host has been named before, Ansible does not look at the port.
      if (port !== undefined) {
        host.variables.set("ansible_port", { name: "ansible_port", value: port, place });
      }
    }
    host.groups.add(group);
    group.hosts.set(name, host);
  }

  /** Like Ansible's: a group of the name goes before a host of the same name. */
  #setVariable(owner: string, variable: PlacedVariable): void {
    checkName("variable", variable.name, variable.place);
    const group = this.#groups.get(owner);
    if (group === undefined) {
      this.#hosts.get(owner)?.variables.set(variable.name, variable);
    } else if (variable.name === "ansible_group_priority") {
      group.priority = readPriority(variable);
    } else group.variables.set(variable.name, variable);
  }

  /** Whether the host is in "ungrouped" follows from the other groups that it is in. */
  #reconcile(host: HostRecord): void {
    const others = ancestorsOf(host.groups);
    for (const group of [this.#all, this.#ungrouped]) others.delete(group);
    if (others.size > 0) {
      host.groups.delete(this.#ungrouped);
      this.#ungrouped.hosts.delete(host.name);
    } else {
      host.groups.add(this.#ungrouped);
      this.#ungrouped.hosts.set(host.name, host);
    }
  }

  #warnAboutNamesakes(name: string, taken: boolean, place: SourcePlace): void {
    if (!taken) return;
    this.#warnings.add(
      place,
      `${quote(name)} is a host and a group; variables set for either become the group's`,
    );
  }
}

/** Names reach terminals and file names, so they must be of one line, and bounded. */
function checkName(what: "host" | "group" | "variable", name: string, place: SourcePlace): void {
  if (name === "") throw mistakeAt(place, `a ${what} must have a name`, name);
  if (name.length > maxNameLength) {
    throw mistakeAt(place, `the name of a ${what} may have ${maxNameLength} characters`, name);
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) {
    throw mistakeAt(place, `the name of a ${what} must have no control characters`, name);
  }
}

function readPriority({ value, place }: PlacedVariable): number {
  const number = typeof value === "string" && /^\s*[-+]?\d+\s*$/.test(value)
    ? Number(value)
    : typeof value === "boolean"
    ? Number(value)
    : value;
  if (typeof number !== "number") {
    const rule = '"ansible_group_priority" must be a whole number';
    throw mistakeAt(place, rule, typeof value === "string" ? value : JSON.stringify(value));
  }
  return Math.trunc(number);
}
