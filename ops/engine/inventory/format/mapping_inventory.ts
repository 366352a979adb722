import { nearestHint } from "../../../../tunnel/options/nearest.ts";
import { quote } from "../../../../tunnel/printable.ts";
import { mistakeAt, MistakeList, type SourcePlace, type WarningList } from "../mistakes.ts";
import { type DataMember, type DataNode, describeNode, memberOf, plainValue } from "./data_node.ts";
import { readHostEntry } from "./host_entry.ts";
import type { InventoryStatement, PlacedVariable } from "./statement.ts";

/**
 * Reads Ansible's YAML format (JSON is written in it too): groups by name, each with `hosts`,
 * `vars` and `children`.
 *
 * @param file What messages call the file.
 * @param warnings Gets what Ansible skips with a warning.
 * @throws {ConfigError} with all mistakes.
 */
export function parseMappingInventory(
  root: DataNode,
  file: string,
  warnings: WarningList,
): InventoryStatement[] {
  return new MappingReader(file, warnings).read(root);
}

const sections: readonly string[] = ["hosts", "vars", "children"];

class MappingReader {
  readonly #file: string;
  readonly #warnings: WarningList;
  readonly #statements: InventoryStatement[] = [];
  readonly #mistakes = new MistakeList();

  constructor(file: string, warnings: WarningList) {
    this.#file = file;
    this.#warnings = warnings;
  }

  read(root: DataNode): InventoryStatement[] {
    if (root.kind !== "mapping") {
      throw mistakeAt(
        this.#place(root),
        `an inventory must be a mapping of groups, and not ${describeNode(root)}`,
      );
    }
    const plugin = memberOf(root, "plugin");
    if (plugin !== undefined && plugin.value.kind === "scalar" && plugin.value.value) {
      throw mistakeAt(
        this.#place(plugin),
        "there is no support for Ansible's inventory plugins; an executable inventory that runs " +
          '"ansible-inventory --list" does the same',
        String(plugin.value.value),
      );
    }
    for (const member of root.members) {
      if (isGroupBody(member.value)) this.#readGroup(member);
      else {
        this.#warnings.add(
          this.#place(member),
          `${quote(member.name)} is skipped: a group must be a mapping, and not ${
            describeNode(member.value)
          }`,
        );
      }
    }
    this.#mistakes.throwIfAny();
    return this.#statements;
  }

  #readGroup(group: DataMember): void {
    const place = this.#place(group);
    if (!group.isText) throw this.#keyMistake("group", group);
    this.#statements.push({ kind: "group", name: group.name, place });
    if (group.value.kind !== "mapping") return;
    for (const section of group.value.members) {
      this.#mistakes.attempt(() => this.#readSection(group.name, section));
    }
  }

  #readSection(group: string, section: DataMember): void {
    if (!sections.includes(section.name)) {
      this.#warnings.add(
        this.#place(section),
        `the key ${quote(section.name)} of group ${quote(group)} is skipped: ${
          nearestHint("key", section.name, sections)
        }`,
      );
      return;
    }
    for (const member of this.#entries(group, section)) {
      this.#mistakes.attempt(() => {
        if (section.name === "vars") this.#readVariable(group, member);
        else if (section.name === "children") this.#readChild(group, member);
        else this.#readHosts(group, member);
      });
    }
  }

  /** A section may be a mapping, a single name, or empty. */
  #entries(group: string, { name, value }: DataMember): readonly DataMember[] {
    if (value.kind === "mapping") return value.members;
    const { line } = value;
    const nothing: DataNode = { kind: "scalar", line, value: null };
    if (value.kind === "scalar" && value.value === null) return [];
    if (value.kind === "scalar" && typeof value.value === "string") {
      return [{ name: value.value, isText: true, line, value: nothing }];
    }
    throw mistakeAt(
      this.#place(value),
      `"${name}" of group ${quote(group)} must be a mapping (each name ends in ":"), and not ${
        describeNode(value)
      }`,
    );
  }

  #readVariable(group: string, member: DataMember): void {
    this.#statements.push({ kind: "variable", group, variable: this.#variable(member) });
  }

  #readChild(parent: string, child: DataMember): void {
    if (!isGroupBody(child.value)) {
      throw mistakeAt(
        this.#place(child),
        `group ${quote(child.name)} must be a mapping, and not ${describeNode(child.value)}`,
      );
    }
    this.#readGroup(child);
    this.#statements.push({
      kind: "child",
      parent,
      child: child.name,
      place: this.#place(child),
    });
  }

  #readHosts(group: string, host: DataMember): void {
    const place = this.#place(host);
    if (!host.isText) throw this.#keyMistake("host", host);
    const { value } = host;
    if (value.kind !== "mapping" && !isFalsy(value)) {
      throw mistakeAt(
        place,
        `the variables of host ${quote(host.name)} must be a mapping, and not ${
          describeNode(value)
        }`,
      );
    }
    const { names, port } = readHostEntry(host.name, place);
    const variables = value.kind === "mapping"
      ? value.members.map((member) => this.#variable(member))
      : [];
    this.#statements.push({ kind: "hosts", names, group, port, variables, place });
  }

  #variable(member: DataMember): PlacedVariable {
    return { name: member.name, value: plainValue(member.value), place: this.#place(member) };
  }

  #keyMistake(what: "group" | "host", { name, line }: DataMember): Error {
    return mistakeAt(
      this.#place({ line }),
      `the name of a ${what} must be a text; put it in quotes, since YAML reads it otherwise`,
      name,
    );
  }

  #place({ line }: { readonly line: number }): SourcePlace {
    return { file: this.#file, line };
  }
}

function isGroupBody(node: DataNode): boolean {
  return node.kind === "mapping" || (node.kind === "scalar" && node.value === null);
}

/** What Ansible takes for no variables. */
function isFalsy(node: DataNode): boolean {
  return node.kind === "scalar" ? !node.value : node.kind === "list" && node.items.length === 0;
}
