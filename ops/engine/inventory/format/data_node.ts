import { quote } from "../../../../tunnel/printable.ts";
import type { VariableValue } from "../inventory.ts";

/** A value of a YAML or JSON file, with the lines of its parts. */
export type DataNode =
  | { readonly kind: "mapping"; readonly line: number; readonly members: readonly DataMember[] }
  | { readonly kind: "list"; readonly line: number; readonly items: readonly DataNode[] }
  | {
    readonly kind: "scalar";
    readonly line: number;
    readonly value: string | number | boolean | null;
  };

/** A member of a mapping; names are unique. */
export interface DataMember {
  /** A key that is no text (YAML has such) in the form that JSON gives it. */
  readonly name: string;
  /** Whether the key is a text: `on`, `1` and `2024-01-01` without quotes are none in YAML. */
  readonly isText: boolean;
  readonly line: number;
  readonly value: DataNode;
}

/** What a file holds, and what is odd about it. */
export interface DataDocument {
  /** `undefined`: nothing but white space and comments. */
  readonly root: DataNode | undefined;
  readonly oddities: readonly { readonly line: number; readonly text: string }[];
}

/** The value without its places. */
export function plainValue(node: DataNode): VariableValue {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plainValue);
    case "mapping":
      // Defines members, also one named "__proto__", where an assignment would call a setter.
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plainValue(value)]));
  }
}

/** What kind of value it is, for messages. */
export function describeNode(node: DataNode): string {
  switch (node.kind) {
    case "mapping":
      return "a mapping";
    case "list":
      return `a list of ${node.items.length}`;
    case "scalar":
      if (node.value === null) return "nothing";
      return typeof node.value === "string" ? "a text" : `the ${typeof node.value} ${node.value}`;
  }
}

/** The member of a mapping that has this name. */
export function memberOf(node: DataNode, name: string): DataMember | undefined {
  return node.kind === "mapping" ? node.members.find((member) => member.name === name) : undefined;
}

/** What is said of a key that a mapping has twice. */
export function duplicateText(name: string): string {
  return `the key ${quote(name)} is there twice; its last value counts`;
}
