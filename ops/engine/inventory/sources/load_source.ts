import { dirname, extname, join, resolve } from "node:path";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { quote } from "../../../../tunnel/printable.ts";
import { parseHostList } from "../format/host_list.ts";
import { maxDepth } from "../limits.ts";
import type { WarningList } from "../mistakes.ts";
import type { InventoryBuilder } from "../model/inventory_builder.ts";
import { ignoredInDirectories } from "./ignored_names.ts";
import { isExecutableInventory, loadExecutableInventory } from "./executable_inventory.ts";
import { parseInventoryFile } from "./inventory_file.ts";
import { readSourceText, unreadable } from "./source_text.ts";

/** What loading a source takes. */
export interface SourceOptions {
  readonly warnings: WarningList;
  /** How long one run of an executable inventory may take, in ms. */
  readonly scriptTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Adds what a source says to an inventory: a file, an executable, a directory of such, or a list of
 * hosts with a comma in it.
 *
 * @returns the directory in which `group_vars` and `host_vars` belong to the source, as messages
 * show it; none for a list of hosts.
 * @throws {ConfigError} when the source is wrong or can't be read.
 */
export async function loadSource(
  source: string,
  builder: InventoryBuilder,
  options: SourceOptions,
): Promise<string | undefined> {
  const info = await statOf(source);
  if (info === undefined && source.includes(",")) {
    builder.apply(parseHostList(source), { file: undefined, directory: undefined });
    return undefined;
  }
  if (info === undefined) {
    throw new ConfigError(
      `Cannot use the inventory as there must be such a file or directory (or hosts with commas, ${
        quote(`${source},`)
      }): current value is ${quote(source)}`,
    );
  }
  if (!info.isDirectory) {
    await loadFile(source, info, builder, options);
    return dirname(source);
  }
  const count = await loadDirectory(source, builder, options, 1);
  if (count === 0) {
    throw new ConfigError(
      `Cannot use the inventory ${
        quote(source)
      } as a directory must hold a file of an inventory: there is none`,
    );
  }
  return source;
}

/** @returns how many files it has read. */
async function loadDirectory(
  directory: string,
  builder: InventoryBuilder,
  options: SourceOptions,
  depth: number,
): Promise<number> {
  if (depth > maxDepth) {
    throw new ConfigError(`Cannot read ${quote(directory)} as it is nested too deep`);
  }
  let count = 0;
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    if (ignoredInDirectories(name)) {
      if (extname(name) === ".ini") {
        options.warnings.add({ file: path }, "is not read: in a directory Ansible ignores .ini");
      }
      continue;
    }
    const info = await statOf(path);
    if (info === undefined) continue;
    if (info.isDirectory) count += await loadDirectory(path, builder, options, depth + 1);
    else {
      await loadFile(path, info, builder, options);
      count++;
    }
  }
  return count;
}

async function loadFile(
  path: string,
  info: Deno.FileInfo,
  builder: InventoryBuilder,
  options: SourceOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  if (await isExecutableInventory(path, info)) {
    return await loadExecutableInventory(path, builder, options);
  }
  const text = await readSourceText(path, options.signal);
  const { statements, warnings } = parseInventoryFile(text, path, (name) => builder.hasGroup(name));
  options.warnings.addAll(warnings);
  const file = resolve(path);
  builder.apply(statements, { file, directory: dirname(file) });
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // "relay1,relay2,…" may be too long for a name of a file.
    if (path.includes(",") && !path.includes("/")) return undefined;
    throw unreadable(path, error);
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).sort();
  } catch (error) {
    throw unreadable(directory, error);
  }
}
