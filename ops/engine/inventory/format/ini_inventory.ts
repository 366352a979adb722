import { nearestHint } from "../../../../tunnel/options/nearest.ts";
import { mistakeAt, MistakeList, type SourcePlace } from "../mistakes.ts";
import { readHostEntry } from "./host_entry.ts";
import { readPythonLiteral } from "./python_literal.ts";
import { pythonLines, pythonStrip } from "./python_text.ts";
import { splitShellWords } from "./shell_words.ts";
import type { InventoryStatement, PlacedVariable } from "./statement.ts";

/**
 * Reads Ansible's INI format: `[group]` with hosts, `[group:children]` with groups, `[group:vars]`
 * with variables.
 *
 * @param file What messages call the file.
 * @param isGroup Whether earlier sources have declared a group: then it need not be declared here.
 * @throws {ConfigError} with all mistakes.
 */
export function parseIniInventory(
  text: string,
  file: string,
  isGroup: (name: string) => boolean,
): InventoryStatement[] {
  return new IniReader(file, isGroup).read(text);
}

type SectionKind = "hosts" | "children" | "vars";

const sectionKinds: readonly string[] = ["hosts", "children", "vars"] satisfies SectionKind[];
const sectionHeader = /^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$/u;
const groupName = /^([^:\]\s]+)\s*(?:#.*)?$/;

/** A group that is used, but not declared so far. */
interface PendingGroup {
  readonly usedAs: "vars" | "children";
  readonly place: SourcePlace;
  readonly parents: { readonly name: string; readonly place: SourcePlace }[];
}

class IniReader {
  readonly #file: string;
  readonly #isKnownBefore: (name: string) => boolean;
  readonly #groups = new Set<string>();
  readonly #pending = new Map<string, PendingGroup>();
  readonly #statements: InventoryStatement[] = [];
  readonly #mistakes = new MistakeList();
  /** What stands in front of the first section is one of hosts without a group. */
  #group = "ungrouped";
  #kind: SectionKind = "hosts";

  constructor(file: string, isGroup: (name: string) => boolean) {
    this.#file = file;
    this.#isKnownBefore = isGroup;
  }

  read(text: string): InventoryStatement[] {
    for (const [index, untrimmed] of pythonLines(text).entries()) {
      const line = pythonStrip(untrimmed);
      if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
      const place = { file: this.#file, line: index + 1 };
      this.#mistakes.attempt(() => this.#readLine(line, place));
    }
    for (const [name, pending] of this.#pending) {
      const rule = pending.usedAs === "vars"
        ? "a group with variables must be declared by a section of its own"
        : "a group that is used as a child must be declared by a section of its own";
      const declared = [...this.#groups].filter((group) => !this.#pending.has(group));
      const hint = nearestHint("group", name, declared);
      this.#mistakes.add(mistakeAt(pending.place, `${rule} ([${name}]); ${hint}`, name));
    }
    this.#mistakes.throwIfAny();
    return this.#statements;
  }

  #readLine(line: string, place: SourcePlace): void {
    const [, group, kind = "hosts"] = sectionHeader.exec(line) ?? [];
    if (group !== undefined) return this.#beginSection(group, kind, place);
    if (line.startsWith("[") && line.endsWith("]")) {
      throw mistakeAt(
        place,
        'a section must be [NAME], [NAME:children] or [NAME:vars] without spaces, ":" and "]" in the name',
        line,
      );
    }
    if (this.#kind === "hosts") this.#readHosts(line, place);
    else if (this.#kind === "vars") this.#readVariable(line, place);
    else this.#readChild(line, place);
  }

  #beginSection(group: string, kind: string, place: SourcePlace): void {
    if (!isSectionKind(kind)) {
      // What follows would only bring forth more mistakes of the same cause.
      this.#kind = nearestSectionKind(kind);
      this.#group = group;
      const hint = nearestHint("kind", kind, sectionKinds);
      throw mistakeAt(place, `there is no such kind of section; ${hint}`, kind);
    }
    this.#group = group;
    this.#kind = kind;
    if (!this.#isGroup(group)) {
      if (kind === "vars" && !this.#pending.has(group)) {
        this.#pending.set(group, { usedAs: "vars", place, parents: [] });
      }
      this.#groups.add(group);
      this.#statements.push({ kind: "group", name: group, place });
    }
    const pending = this.#pending.get(group);
    if (pending === undefined || kind === "vars") return;
    // Only now, since the order of children is that of their declaration.
    for (const parent of pending.parents) {
      this.#statements.push({
        kind: "child",
        parent: parent.name,
        child: group,
        place: parent.place,
      });
    }
    this.#pending.delete(group);
  }

  #readHosts(line: string, place: SourcePlace): void {
    const split = splitShellWords(line, { comments: true });
    if ("mistake" in split) {
      throw mistakeAt(place, `a host and its variables as ${split.mistake}`, line);
    }
    const [host = "", ...assignments] = split.words;
    if (pythonStrip(host) === "---" || pythonStrip(host).endsWith(":")) {
      throw mistakeAt(
        place,
        'a host must not end in ":", which is for its port; a YAML inventory must be named .yml or .yaml',
        host,
      );
    }
    const { names, port } = readHostEntry(host, place);
    // A name that is given twice has the last value.
    const variables = new Map<string, PlacedVariable>();
    for (const assignment of assignments) {
      const equals = assignment.indexOf("=");
      if (equals === -1) {
        const rule = "variables of a host must be NAME=VALUE without spaces, or with quotes";
        throw mistakeAt(place, rule, assignment);
      }
      const name = assignment.slice(0, equals);
      variables.set(name, variableOf(name, assignment.slice(equals + 1), place));
    }
    this.#statements.push({
      kind: "hosts",
      names,
      group: this.#group,
      port,
      variables: [...variables.values()],
      place,
    });
  }

  #readVariable(line: string, place: SourcePlace): void {
    const equals = line.indexOf("=");
    if (equals === -1) throw mistakeAt(place, "a variable must be NAME=VALUE", line);
    const name = pythonStrip(line.slice(0, equals));
    const variable = variableOf(name, pythonStrip(line.slice(equals + 1)), place);
    this.#statements.push({ kind: "variable", group: this.#group, variable });
  }

  #readChild(line: string, place: SourcePlace): void {
    const child = groupName.exec(line)?.[1];
    if (child === undefined) {
      const rule = `[${this.#group}:children] holds one name of a group on each line`;
      throw mistakeAt(place, rule, line);
    }
    if (this.#isGroup(child)) {
      this.#statements.push({ kind: "child", parent: this.#group, child, place });
      return;
    }
    const pending = this.#pending.get(child) ?? { usedAs: "children", place, parents: [] };
    pending.parents.push({ name: this.#group, place });
    this.#pending.set(child, pending);
  }

  #isGroup(name: string): boolean {
    return this.#groups.has(name) || this.#isKnownBefore(name);
  }
}

function variableOf(name: string, text: string, place: SourcePlace): PlacedVariable {
  if (name === "") throw mistakeAt(place, "a variable must have a name", `${name}=${text}`);
  const literal = readPythonLiteral(text);
  return { name, value: literal === undefined ? text : literal.value, place };
}

function isSectionKind(kind: string): kind is SectionKind {
  return sectionKinds.includes(kind);
}

function nearestSectionKind(kind: string): SectionKind {
  if (kind.startsWith("v")) return "vars";
  return kind.startsWith("c") ? "children" : "hosts";
}
