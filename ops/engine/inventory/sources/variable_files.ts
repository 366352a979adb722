import { describeNode, plainValue } from "../format/data_node.ts";
import { parseData } from "../format/data_text.ts";
import { readSourceText, unreadable } from "./source_text.ts";
import type { PlacedVariable } from "../format/statement.ts";
import { maxDepth } from "../limits.ts";
import { mistakeAt, type WarningList } from "../mistakes.ts";

/** Variables of each group, or host, by its name. */
export type VariablesByName = ReadonlyMap<string, readonly PlacedVariable[]>;

/** What reading files takes. */
export interface VariableFileOptions {
  readonly warnings: WarningList;
  readonly signal?: AbortSignal | undefined;
}

/** In the order in which Ansible looks for them. */
const extensions: readonly string[] = ["", ".yml", ".yaml", ".json"];

/**
 * Reads the files of a directory `group_vars` or `host_vars` that belong to one of the names:
 * `NAME`, `NAME.yml`, `NAME.yaml` or `NAME.json`, or all such files in a directory `NAME`.
 *
 * @param directory As messages show it; need not exist.
 * @throws {ConfigError} when one of them is wrong or can't be read.
 */
export async function readVariableFiles(
  directory: string,
  names: Iterable<string>,
  options: VariableFileOptions,
): Promise<VariablesByName> {
  const found = new Map<string, readonly PlacedVariable[]>();
  const entries = await entriesOf(directory, options.warnings);
  if (entries.size === 0) return found;
  const strangers = new Set(entries.keys());
  for (const name of names) {
    const [first, ...others] = extensions.map((extension) => name + extension)
      .filter((each) => entries.has(each));
    if (first === undefined) continue;
    strangers.delete(first);
    for (const other of others) {
      strangers.delete(other);
      const file = `${directory}/${other}`;
      options.warnings.add({ file }, `is not read, since there is ${first} beside it`);
    }
    const path = `${directory}/${first}`;
    const files = entries.get(first) === "directory" ? await filesBelow(path, 1) : [path];
    let variables: readonly PlacedVariable[] = [];
    for (const file of files) variables = variables.concat(await readVariableFile(file, options));
    found.set(name, variables);
  }
  warnAboutStrangers(directory, [...strangers].filter(isRead), options.warnings);
  return found;
}

async function readVariableFile(
  file: string,
  { warnings, signal }: VariableFileOptions,
): Promise<PlacedVariable[]> {
  const { root, oddities } = parseData(await readSourceText(file, signal), file);
  for (const { line, text } of oddities) warnings.add({ file, line }, text);
  if (root === undefined || (root.kind === "list" && root.items.length === 0)) return [];
  if (root.kind !== "mapping") {
    throw mistakeAt(
      { file, line: root.line },
      `variables must be a mapping of names and values, and not ${describeNode(root)}`,
    );
  }
  return root.members.map(({ name, value, line }) => ({
    name,
    value: plainValue(value),
    place: { file, line },
  }));
}

/** Files of a directory and those below it, in Ansible's order. */
async function filesBelow(directory: string, depth: number): Promise<string[]> {
  if (depth > maxDepth) throw mistakeAt({ file: directory }, "it is nested too deep");
  let files: string[] = [];
  for (const [name, kind] of await entriesOf(directory)) {
    const path = `${directory}/${name}`;
    if (!isRead(name)) continue;
    if (kind === "file") files.push(path);
    else if (extensionOf(name) === "") files = files.concat(await filesBelow(path, depth + 1));
  }
  return files;
}

/** Sorted by name; links are followed. */
async function entriesOf(
  directory: string,
  warnings?: WarningList,
): Promise<Map<string, "file" | "directory">> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    if (error instanceof Deno.errors.NotADirectory) {
      warnings?.add({ file: directory }, "is not read, since it is no directory");
      return new Map();
    }
    throw unreadable(directory, error);
  }
  const entries = new Map<string, "file" | "directory">();
  for (const name of names.sort()) {
    const path = `${directory}/${name}`;
    try {
      entries.set(name, (await Deno.stat(path)).isDirectory ? "directory" : "file");
    } catch (error) {
      // A link to nothing, such as the lock that an editor leaves.
      if (!(error instanceof Deno.errors.NotFound)) throw unreadable(path, error);
    }
  }
  return entries;
}

/** Whether Ansible reads a file of this name: no hidden one, no backup, no other extension. */
function isRead(name: string): boolean {
  return !name.startsWith(".") && !name.endsWith("~") && extensions.includes(extensionOf(name));
}

function extensionOf(name: string): string {
  return /[^.](\.[^.]*)$/.exec(name)?.[1] ?? "";
}

function warnAboutStrangers(
  directory: string,
  names: readonly string[],
  warnings: WarningList,
): void {
  if (names.length === 0) return;
  const shown = names.slice(0, 5).join(", ");
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  warnings.add({ file: directory }, `the inventory has nothing of the name of ${shown}${more}`);
}
