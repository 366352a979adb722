import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { maxDepth, maxValues } from "../limits.ts";
import { mistakeAt, MistakeList } from "../mistakes.ts";
import { type DataDocument, type DataMember, type DataNode, duplicateText } from "./data_node.ts";
import { readPlainScalar, readTaggedScalar, type ScalarMeaning } from "./yaml_scalar.ts";

/** Tags that stand for another way to write what JSON calls `__ansible_vault` and so on. */
const ansibleTags: Readonly<Record<string, string>> = {
  "!vault": "__ansible_vault",
  "!vault-encrypted": "__ansible_vault",
  "!unsafe": "__ansible_unsafe",
};
const ownTags = "tag:yaml.org,2002:";

/**
 * Reads a YAML text as Ansible does: one document of YAML 1.1 in PyYAML's understanding, merge keys
 * included. Values with the tags `!vault` and `!unsafe` become mappings with the one member
 * `__ansible_vault` or `__ansible_unsafe`, the form that they have in Ansible's JSON.
 *
 * @param file What messages call it.
 * @throws {ConfigError} when it is no YAML, or asks for more than {@linkcode maxValues} values.
 */
export function parseYamlData(text: string, file: string): DataDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    // All scalars as texts: what they mean is decided by PyYAML's rules, which are none of its own.
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
    lineCounter,
  });
  if (document.errors.length > 0) {
    const mistakes = new MistakeList();
    for (const { message, pos, code } of document.errors) {
      const line = lineCounter.linePos(pos[0]).line;
      const rule = code === "RESOURCE_EXHAUSTION"
        ? `values may be nested ${maxDepth} deep`
        : `YAML: ${message}`;
      mistakes.add(mistakeAt({ file, line }, rule));
      // Those that follow have the same cause.
      if (code === "RESOURCE_EXHAUSTION") break;
    }
    mistakes.throwIfAny();
  }
  if (document.contents === null) return { root: undefined, oddities: [] };
  // PyYAML gives a block of text the line end that it has, which is none at the end of some files.
  const openEnd = text.endsWith("\n") ? Infinity : text.length;
  const converter = new NodeConverter(file, lineCounter, openEnd);
  const root = converter.convert(document.contents);
  const isEmpty = root.kind === "scalar" && root.value === null;
  return { root: isEmpty ? undefined : root, oddities: converter.oddities };
}

/** What an anchor stands for, and how many values that is. */
interface Anchored {
  readonly node: DataNode | undefined;
  readonly values: number;
}

class NodeConverter {
  readonly oddities: { line: number; text: string }[] = [];
  readonly #file: string;
  readonly #lineCounter: LineCounter;
  readonly #openEnd: number;
  /** The latest one of each name; without a node while it is being read. */
  readonly #anchors = new Map<string, Anchored>();
  #values = 0;
  #depth = 0;

  constructor(file: string, lineCounter: LineCounter, openEnd: number) {
    this.#file = file;
    this.#lineCounter = lineCounter;
    this.#openEnd = openEnd;
  }

  convert(node: Node | null): DataNode {
    if (isAlias(node)) return this.#target(node.source, this.#line(node));
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    const before = this.#values;
    if (anchor !== undefined) this.#anchors.set(anchor, { node: undefined, values: 0 });
    if (++this.#depth > maxDepth) {
      throw this.#mistake(node, `values may be nested ${maxDepth} deep`);
    }
    const converted = this.#convertHere(node);
    this.#depth--;
    this.#count(1, converted.line);
    if (anchor !== undefined) {
      this.#anchors.set(anchor, { node: converted, values: this.#values - before });
    }
    return converted;
  }

  #convertHere(node: Node | null): DataNode {
    const line = this.#line(node);
    if (isMap(node)) {
      this.#refuseTag(node, "map");
      return { kind: "mapping", line, members: this.#members(node) };
    }
    if (isSeq(node)) {
      this.#refuseTag(node, "seq");
      const items = node.items.map((item) => this.convert(item as Node | null));
      return { kind: "list", line, items };
    }
    if (!isScalar(node)) return { kind: "scalar", line, value: null };
    const isBlock = node.type?.startsWith("BLOCK_") ?? false;
    const isOpen = isBlock && (node.range?.[1] ?? 0) >= this.#openEnd;
    const text = isOpen ? textOf(node).replace(/\n$/, "") : textOf(node);
    const wrapper = node.tag === undefined ? undefined : ansibleTags[node.tag];
    if (wrapper !== undefined) {
      const value: DataNode = { kind: "scalar", line, value: text };
      return { kind: "mapping", line, members: [{ name: wrapper, isText: true, line, value }] };
    }
    const meaning = this.#meaning(node, text);
    if ("rule" in meaning) throw this.#mistake(node, meaning.rule, text);
    return { kind: "scalar", line, value: meaning.value };
  }

  #meaning(node: Scalar, text: string): ScalarMeaning {
    const { tag } = node;
    if (tag === undefined) {
      return node.type === "PLAIN" ? readPlainScalar(text) : { value: text };
    }
    if (tag === "!") return { value: text };
    if (tag.startsWith(ownTags)) return readTaggedScalar(tag.slice(ownTags.length), text);
    return { rule: `there is no support for the tag ${tag}` };
  }

  #members(map: YAMLMap): DataMember[] {
    const own = new Map<string, DataMember>();
    const merged = new Map<string, DataMember>();
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      if (isScalar(pair.key) && pair.key.type === "PLAIN" && textOf(pair.key) === "<<") {
        for (const member of this.#mergedMembers(pair)) merged.set(member.name, member);
        continue;
      }
      const key = this.convert(pair.key);
      if (key.kind !== "scalar") {
        throw this.#mistake(pair.key, "a key must be a text, no list and no mapping");
      }
      const name = String(key.value);
      if (own.has(name)) this.oddities.push({ line: key.line, text: duplicateText(name) });
      const value = this.convert(pair.value);
      own.set(name, { name, isText: typeof key.value === "string", line: key.line, value });
    }
    // What is merged comes first, and has the lower rank.
    for (const [name, member] of own) merged.set(name, member);
    return [...merged.values()];
  }

  /** Of several mappings the first has the highest rank: it comes last. */
  #mergedMembers({ key, value }: Pair<Node | null, Node | null>): readonly DataMember[] {
    const node = this.convert(value);
    const sources = node.kind === "list" ? node.items.toReversed() : [node];
    return sources.flatMap((source) => {
      if (source.kind === "mapping") return source.members;
      throw this.#mistake(key, '"<<" must be given a mapping, or a list of mappings');
    });
  }

  #target(name: string, line: number): DataNode {
    const anchored = this.#anchors.get(name);
    const place = { file: this.#file, line };
    if (anchored === undefined) {
      throw mistakeAt(place, "an alias needs an anchor in front of it", `*${name}`);
    }
    if (anchored.node === undefined) {
      throw mistakeAt(place, "an alias must not stand for what it is a part of", `*${name}`);
    }
    this.#count(anchored.values, line);
    return anchored.node;
  }

  #count(values: number, line: number): void {
    this.#values += values;
    if (this.#values > maxValues) {
      const rule =
        `a file may hold at most ${maxValues} values, those that aliases stand for included`;
      throw mistakeAt({ file: this.#file, line }, rule);
    }
  }

  #refuseTag(node: YAMLMap | Node, expected: "map" | "seq"): void {
    const tag = "tag" in node ? node.tag : undefined;
    if (tag === undefined || tag === "!" || tag === ownTags + expected) return;
    const shown = tag.startsWith(ownTags) ? `!!${tag.slice(ownTags.length)}` : tag;
    throw this.#mistake(node, `there is no support for the tag ${shown} here`);
  }

  #mistake(node: Node | null, rule: string, value?: string): Error {
    return mistakeAt({ file: this.#file, line: this.#line(node) }, rule, value);
  }

  #line(node: Node | null): number {
    const offset = node?.range?.[0];
    return offset === undefined ? 1 : this.#lineCounter.linePos(offset).line;
  }
}

function textOf(node: Scalar): string {
  return typeof node.value === "string" ? node.value : node.source ?? "";
}
