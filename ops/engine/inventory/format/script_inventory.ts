import { quote } from "../../../../tunnel/printable.ts";
import type { VariableValue } from "../inventory.ts";
import { mistakeAt, type SourcePlace } from "../mistakes.ts";
import { type DataNode, describeNode, memberOf, plainValue } from "./data_node.ts";
import type { InventoryStatement, PlacedVariable } from "./statement.ts";

/** What an executable inventory's answer to `--list` says. */
export interface ScriptInventory {
  readonly statements: InventoryStatement[];
  /** All hosts, in the order of the answer. */
  readonly hosts: ReadonlySet<string>;
  /** From `_meta`; `undefined`: each host has to be asked for by `--host`. */
  readonly hostVariables: ReadonlyMap<string, readonly PlacedVariable[]> | undefined;
}

/**
 * Reads the answer to `--list`: groups by name, each a list of hosts or an object with `hosts`,
 * `vars` and `children`; variables of hosts in `_meta.hostvars`.
 *
 * @param file What messages call the executable.
 * @throws {ConfigError} when its form is another one.
 */
export function parseScriptInventory(root: DataNode, file: string): ScriptInventory {
  return new ScriptReader(file).read(root);
}

/**
 * Reads the variables of one host: the answer to `--host`, or a member of `_meta.hostvars`.
 *
 * @throws {ConfigError} when it is no object.
 */
export function parseHostVariables(
  node: DataNode,
  host: string,
  file: string,
): readonly PlacedVariable[] {
  if (node.kind !== "mapping") {
    const rule = `the variables of host ${quote(host)} must be an object, and not ${
      describeNode(node)
    }`;
    throw mistakeAt({ file }, rule);
  }
  return variablesOf(node, { file });
}

class ScriptReader {
  readonly #place: SourcePlace;
  readonly #statements: InventoryStatement[] = [];
  readonly #hosts = new Set<string>();

  constructor(file: string) {
    // Lines of an answer that nobody sees would help nobody.
    this.#place = { file };
  }

  read(root: DataNode): ScriptInventory {
    if (root.kind !== "mapping") {
      throw mistakeAt(
        this.#place,
        `the answer to --list must be an object, and not ${describeNode(root)}`,
      );
    }
    for (const { name, value } of root.members) {
      if (name !== "_meta") this.#readGroup(name, value);
    }
    const meta = memberOf(root, "_meta")?.value;
    return {
      statements: this.#statements,
      hosts: this.#hosts,
      hostVariables: meta === undefined ? undefined : this.#hostVariables(meta),
    };
  }

  #readGroup(group: string, body: DataNode): void {
    this.#statements.push({ kind: "group", name: group, place: this.#place });
    if (body.kind !== "mapping") return this.#readHosts(group, body);
    const [hosts, variables, children] = ["hosts", "vars", "children"].map((name) =>
      memberOf(body, name)?.value
    );
    if (hosts === undefined && variables === undefined && children === undefined) {
      // The old short form: a host of the group's own name, and the group's variables.
      this.#addHosts(group, [group]);
      return this.#readVariables(group, body);
    }
    if (hosts !== undefined) this.#readHosts(group, hosts);
    if (variables !== undefined) this.#readVariables(group, variables);
    if (children !== undefined) this.#readChildren(group, children);
  }

  #readHosts(group: string, node: DataNode): void {
    this.#addHosts(group, this.#names(node, `the hosts of group ${quote(group)}`));
  }

  #addHosts(group: string, names: readonly string[]): void {
    for (const name of names) this.#hosts.add(name);
    const place = this.#place;
    this.#statements.push({ kind: "hosts", names, group, port: undefined, variables: [], place });
  }

  #readVariables(group: string, node: DataNode): void {
    if (node.kind !== "mapping") {
      throw mistakeAt(
        this.#place,
        `the variables of group ${quote(group)} must be an object, and not ${describeNode(node)}`,
      );
    }
    for (const variable of variablesOf(node, this.#place)) {
      this.#statements.push({ kind: "variable", group, variable });
    }
  }

  #readChildren(parent: string, node: DataNode): void {
    const place = this.#place;
    for (const child of this.#names(node, `the children of group ${quote(parent)}`)) {
      this.#statements.push(
        { kind: "group", name: child, place },
        { kind: "child", parent, child, place },
      );
    }
  }

  #names(node: DataNode, what: string): string[] {
    const names: readonly VariableValue[] = node.kind === "list" ? node.items.map(plainValue) : [];
    const texts = names.filter((name) => typeof name === "string");
    if (node.kind !== "list" || texts.length < names.length) {
      const shown = node.kind === "list" ? "other values" : describeNode(node);
      throw mistakeAt(this.#place, `${what} must be a list of names, and not ${shown}`);
    }
    return texts;
  }

  #hostVariables(meta: DataNode): Map<string, readonly PlacedVariable[]> | undefined {
    const hostvars = memberOf(meta, "hostvars")?.value;
    if (hostvars === undefined) return undefined;
    if (hostvars.kind !== "mapping") {
      throw mistakeAt(
        this.#place,
        `"hostvars" of "_meta" must be an object, and not ${describeNode(hostvars)}`,
      );
    }
    return new Map(
      hostvars.members.map((
        { name, value },
      ) => [name, parseHostVariables(value, name, this.#place.file)]),
    );
  }
}

function variablesOf(node: DataNode, place: SourcePlace): PlacedVariable[] {
  if (node.kind !== "mapping") return [];
  return node.members.map(({ name, value }) => ({ name, value: plainValue(value), place }));
}
