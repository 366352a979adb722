import { ConfigError } from "../../../../tunnel/errors.ts";
import type { DataDocument } from "./data_node.ts";
import { parseJsonData } from "./json_data.ts";
import { parseYamlData } from "./yaml_data.ts";

/**
 * Reads a text that may be JSON or YAML. JSON goes first, as in Ansible: it may be indented with
 * tabs, which YAML forbids.
 *
 * @param file What messages call it; the name decides which mistake is shown where it is neither.
 * @throws {ConfigError} when it is neither.
 */
export function parseData(text: string, file: string): DataDocument {
  const looksLikeJson = /^\s*[[{]/.test(text);
  if (!looksLikeJson && !file.endsWith(".json")) return parseYamlData(text, file);
  try {
    return parseJsonData(text, file);
  } catch (jsonError) {
    if (!(jsonError instanceof ConfigError)) throw jsonError;
    try {
      return parseYamlData(text, file);
    } catch (yamlError) {
      throw file.endsWith(".json") ? jsonError : yamlError;
    }
  }
}
