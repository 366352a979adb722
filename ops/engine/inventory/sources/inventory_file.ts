import { extname } from "node:path";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { parseData } from "../format/data_text.ts";
import { parseIniInventory } from "../format/ini_inventory.ts";
import { parseMappingInventory } from "../format/mapping_inventory.ts";
import type { InventoryStatement } from "../format/statement.ts";
import { mistakeAt, placeText, WarningList } from "../mistakes.ts";

/** What a file says. */
export interface ParsedFile {
  readonly statements: readonly InventoryStatement[];
  readonly warnings: WarningList;
}

/** Names without or with one of these extensions may be YAML; Ansible tries that first. */
const yamlExtensions: readonly string[] = ["", ".yml", ".yaml", ".json"];

/**
 * Reads the text of an inventory file in the format that its name and its contents suggest: as
 * YAML or JSON by the extensions `.yml`, `.yaml`, `.json` and none, and as INI otherwise, or when it
 * is no YAML.
 *
 * @throws {ConfigError} with the mistakes of the format that it seems to be meant as.
 */
export function parseInventoryFile(
  text: string,
  path: string,
  isGroup: (name: string) => boolean,
): ParsedFile {
  const extension = extname(path);
  if (extension === ".toml") {
    throw mistakeAt(
      { file: path },
      'there is no support for TOML; "ansible-inventory --list --yaml" converts it',
    );
  }
  if (!yamlExtensions.includes(extension)) return parseIni(text, path, isGroup);
  try {
    return parseYaml(text, path);
  } catch (yamlError) {
    if (!(yamlError instanceof ConfigError)) throw yamlError;
    try {
      return parseIni(text, path, isGroup);
    } catch (iniError) {
      throw extension !== "" || looksLikeYaml(text) ? yamlError : iniError;
    }
  }
}

function parseYaml(text: string, path: string): ParsedFile {
  const warnings = new WarningList();
  const { root, oddities } = parseData(text, path);
  for (const { line, text } of oddities) warnings.add({ file: path, line }, text);
  if (root === undefined) {
    warnings.add({ file: path }, "holds nothing");
    return { statements: [], warnings };
  }
  return { statements: parseMappingInventory(root, path, warnings), warnings };
}

function parseIni(text: string, path: string, isGroup: (name: string) => boolean): ParsedFile {
  const warnings = new WarningList();
  const isNoProgram =
    "begins like a program, but must have the permission to be executed (chmod +x) to be one";
  try {
    const statements = parseIniInventory(text, path, isGroup);
    if (text.startsWith("#!")) warnings.add({ file: path }, isNoProgram);
    return { statements, warnings };
  } catch (error) {
    if (!(error instanceof ConfigError) || !text.startsWith("#!")) throw error;
    throw new ConfigError(`${error.message}\n${placeText({ file: path })} ${isNoProgram}`);
  }
}

/** Of texts that are wrong as both. */
function looksLikeYaml(text: string): boolean {
  return /^(?:---|\s*\{|[\w"'.-]+:\s*$)/m.test(text) && !/^\[[^\]]+\]\s*$/m.test(text);
}
