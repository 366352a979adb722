import { join } from "node:path";
import { ConfigError } from "../../../tunnel/errors.ts";
import type { Inventory } from "./inventory.ts";
import { WarningList } from "./mistakes.ts";
import { InventoryBuilder } from "./model/inventory_builder.ts";
import { inventoryOf } from "./model/loaded_inventory.ts";
import type { VariableFiles } from "./model/variable_layers.ts";
import { loadSource } from "./sources/load_source.ts";
import { readVariableFiles } from "./sources/variable_files.ts";

/** What loading takes. */
export interface LoadOptions {
  /** Ends loading, and rejects with its reason. */
  readonly signal?: AbortSignal;
  /** How long one run of an executable inventory may take, in ms; 60,000 by default. */
  readonly scriptTimeoutMs?: number;
}

/**
 * Loads an inventory as Ansible does, from one or more sources: files in its INI or YAML format,
 * executables, directories of such, or lists of hosts (`relay1,relay2,`); with the `group_vars` and
 * `host_vars` beside them.
 *
 * What Ansible skips with a warning and what would silently leave out a part of the fleet (a file
 * that can't be read as an inventory) is an error here.
 *
 * @throws {ConfigError} with the mistakes of the source that has any: file, line, what is expected.
 */
export async function loadInventory(
  sources: readonly string[],
  options: LoadOptions = {},
): Promise<Inventory> {
  const { signal, scriptTimeoutMs = 60_000 } = options;
  if (sources.length === 0) {
    throw new ConfigError(
      "Cannot load an inventory as a file, a directory or a list of hosts must be given (-i)",
    );
  }
  const warnings = new WarningList();
  const builder = new InventoryBuilder(warnings);
  const directories: (string | undefined)[] = [];
  for (const source of sources) {
    directories.push(await loadSource(source, builder, { warnings, scriptTimeoutMs, signal }));
  }
  const records = builder.finish();
  const files: VariableFiles[] = [];
  for (const directory of directories) {
    if (directory === undefined) continue;
    files.push({
      groups: await readVariableFiles(join(directory, "group_vars"), records.groups.keys(), {
        warnings,
        signal,
      }),
      hosts: await readVariableFiles(join(directory, "host_vars"), records.hosts.keys(), {
        warnings,
        signal,
      }),
    });
  }
  return inventoryOf(records, files, { sources, warnings: warnings.messages });
}
