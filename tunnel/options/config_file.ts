import { quote } from "../printable.ts";
import type {
  HostPort,
  KeyedOption,
  ObjectListOption,
  OptionDeclarations,
  ProgramDeclaration,
  ScalarOption,
  TextListOption,
} from "./declaration.ts";
import { type JsonMember, type JsonNode, parseJson, type TextPosition } from "./json.ts";
import { nearestHint } from "./nearest.ts";
import { checkText, describeNode, hostPortParts, readNode, type ReadResult } from "./value.ts";

/** What a configuration file says. */
export interface FileValues {
  /** Values by the names of the options; a host and port may have one part only. */
  readonly values: ReadonlyMap<string, unknown>;
  /** One message for each mistake. */
  readonly mistakes: readonly string[];
}

/** A configuration file that was found, or what was wrong with looking for it. */
export type FoundFile =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly mistake: string }
  | undefined;

/** Longest configuration file, in bytes. */
export const maxFileLength = 1_048_576;

/** Reads at most one byte more than `maxFileLength` of a file. @throws what opening it throws. */
export function readFileBounded(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(maxFileLength + 1);
  let length = 0;
  while (length < buffer.length) {
    const read = file.readSync(buffer.subarray(length));
    if (read === null) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

/**
 * Finds the file to use: the one given, or the first of the usual ones that exists. A usual one that
 * this process may not read by Deno's permissions counts as missing, others that can't be read do not.
 */
export function findFile(
  given: string | undefined,
  usual: readonly string[],
  readFile: (path: string) => Uint8Array,
): FoundFile {
  for (const path of given === undefined ? usual : [given]) {
    try {
      return { path, bytes: readFile(path) };
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      if (given === undefined && (missing || error instanceof Deno.errors.NotCapable)) continue;
      const reason = missing
        ? "it does not exist"
        : quote(error instanceof Error ? error.message : String(error));
      return {
        mistake: `Cannot read the configuration file as ${reason}: current value is ${
          quote(path)
        }, name another with "--config"`,
      };
    }
  }
  return undefined;
}

/** Reads a configuration file's content. */
export function readConfigFile(
  program: ProgramDeclaration<OptionDeclarations>,
  path: string,
  bytes: Uint8Array,
): FileValues {
  const reader = new ConfigReader(program, path);
  reader.read(bytes);
  return reader;
}

type Leaf = {
  readonly name: string;
  readonly option: KeyedOption;
  readonly part?: keyof HostPort;
};
/** Keys below one object of the file. */
type Branch = Map<string, Branch | Leaf>;

class ConfigReader implements FileValues {
  readonly values = new Map<string, unknown>();
  readonly mistakes: string[] = [];
  readonly #path: string;
  readonly #root: Branch = new Map();

  constructor(program: ProgramDeclaration<OptionDeclarations>, path: string) {
    this.#path = path;
    for (const [name, option] of Object.entries(program.options)) {
      if (option.key !== undefined) this.#plant(option.key, { name, option });
      if (option.type !== "host_port" || option.keys === undefined) continue;
      this.#plant(option.keys.hostname, { name, option, part: "hostname" });
      this.#plant(option.keys.port, { name, option, part: "port" });
    }
  }

  read(bytes: Uint8Array): void {
    const start = { line: 1, column: 1 };
    if (bytes.length > maxFileLength) {
      return this.#refuse(start, "it", `it must have at most ${maxFileLength} bytes`);
    }
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.#refuse(start, "it", "it must be UTF-8 text");
    }
    const node = parseJson(text);
    if ("mistake" in node) return this.#refuse(node.at, "it", `it is not JSON: ${node.mistake}`);
    if (node.kind !== "object") {
      return this.#refuse(node.at, "it", "it must be an object", describeNode(node));
    }
    this.#readObject(this.#root, node.members, "");
  }

  #plant(key: string, leaf: Leaf): void {
    let branch = this.#root;
    const parts = key.split(".");
    for (const part of parts.slice(0, -1)) {
      let next = branch.get(part);
      if (!(next instanceof Map)) branch.set(part, next = new Map());
      branch = next;
    }
    branch.set(parts.at(-1) as string, leaf);
  }

  #readObject(branch: Branch, members: readonly JsonMember[], prefix: string): void {
    this.#refuseRepeated(members, prefix);
    for (const member of members) {
      const key = prefix + member.name;
      const target = branch.get(member.name);
      if (target === undefined) this.#refuseUnknown(member, key, [...branch.keys()]);
      else if (member.value.kind === "null") continue;
      else if (!(target instanceof Map)) this.#readLeaf(target, member.value, key);
      else if (member.value.kind === "object") {
        this.#readObject(target, member.value.members, `${key}.`);
      } else {
        const rule = `it must be an object with ${listed([...target.keys()])}`;
        this.#refuseKey(member.value, key, rule);
      }
    }
  }

  #readLeaf({ name, option, part }: Leaf, node: JsonNode, key: string): void {
    if (part !== undefined) {
      const value = this.#accept(node, key, readNode(hostPortParts[part], node));
      const before = this.values.get(name) as Partial<HostPort> | undefined;
      if (value !== undefined) this.values.set(name, { ...before, [part]: value });
      return;
    }
    const value = option.type === "strings"
      ? this.#readTexts(option, node, key)
      : option.type === "objects"
      ? this.#readObjects(option, node, key)
      : this.#accept(node, key, readNode(option, node));
    if (value !== undefined) this.values.set(name, value);
  }

  #readTexts(option: TextListOption, node: JsonNode, key: string): unknown {
    if (node.kind !== "array") return this.#refuseKey(node, key, "it must be an array of texts");
    return node.items.map((item, i) => {
      const result: ReadResult<string> = item.kind === "string"
        ? checkText(option, item.value)
        : { rule: "it must be a text" };
      return this.#accept(item, `${key}[${i}]`, result);
    });
  }

  #readObjects(option: ObjectListOption, node: JsonNode, key: string): unknown {
    if (node.kind !== "array") return this.#refuseKey(node, key, "it must be an array of objects");
    return node.items.map((item, i) => {
      const itemKey = `${key}[${i}]`;
      if (item.kind === "object") return this.#readItem(option, item.members, item.at, itemKey);
      const rule = `it must be an object with ${listed(Object.keys(option.fields))}`;
      return this.#refuseKey(item, itemKey, rule);
    });
  }

  #readItem(
    { fields }: ObjectListOption,
    members: readonly JsonMember[],
    at: TextPosition,
    key: string,
  ): unknown {
    this.#refuseRepeated(members, `${key}.`);
    const given = new Map(members.map((member) => [member.name, member]));
    for (const member of members) {
      if (Object.hasOwn(fields, member.name)) continue;
      this.#refuseUnknown(member, `${key}.${member.name}`, Object.keys(fields));
    }
    return Object.fromEntries(
      Object.entries(fields).map(([name, declared]) => {
        const option = declared as ScalarOption;
        const node = given.get(name)?.value;
        const path = `${key}.${name}`;
        if (node !== undefined && node.kind !== "null") {
          return [name, this.#accept(node, path, readNode(option, node))];
        }
        if (option.required) this.#refuse(at, `"${path}"`, "it must be given");
        return [name, option.default];
      }),
    );
  }

  #accept<T>(node: JsonNode, key: string, result: ReadResult<T>): T | undefined {
    if ("value" in result) return result.value;
    this.#refuseKey(node, key, result.rule);
    return undefined;
  }

  #refuseRepeated(members: readonly JsonMember[], prefix: string): void {
    const seen = new Set<string>();
    for (const { name, at } of members) {
      if (seen.has(name)) this.#refuse(at, quote(prefix + name), "it is given before");
      seen.add(name);
    }
  }

  #refuseUnknown({ name, at }: JsonMember, key: string, valid: readonly string[]): void {
    const hint = nearestHint("key", name, valid);
    this.#refuse(at, quote(key), `there is no such key, ${hint}`);
  }

  #refuseKey(node: JsonNode, key: string, rule: string): undefined {
    this.#refuse(node.at, quote(key), rule, describeNode(node));
  }

  #refuse({ line, column }: TextPosition, what: string, rule: string, value?: string): void {
    const where = `${quote(this.#path)} line ${line} column ${column}`;
    const subject = what === "it" ? where : `${what} in ${where}`;
    const current = value === undefined ? "" : `: current value is ${value}`;
    this.mistakes.push(`Cannot use ${subject} as ${rule}${current}`);
  }
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
