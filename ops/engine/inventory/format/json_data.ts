import { type JsonNode, parseJson } from "../../../../tunnel/options/json.ts";
import { mistakeAt } from "../mistakes.ts";
import { type DataDocument, type DataMember, type DataNode, duplicateText } from "./data_node.ts";

/**
 * Reads a JSON text.
 *
 * @param file What messages call it.
 * @throws {ConfigError} when it is no JSON.
 */
export function parseJsonData(text: string, file: string): DataDocument {
  const node = parseJson(text);
  if ("mistake" in node) {
    throw mistakeAt({ file, line: node.at.line }, `JSON: ${node.mistake}`);
  }
  const oddities: { line: number; text: string }[] = [];
  return { root: convert(node, file, oddities), oddities };
}

function convert(
  node: JsonNode,
  file: string,
  oddities: { line: number; text: string }[],
): DataNode {
  const { line } = node.at;
  switch (node.kind) {
    case "object": {
      const members = new Map<string, DataMember>();
      for (const member of node.members) {
        const { name, at } = member;
        if (members.has(name)) oddities.push({ line: at.line, text: duplicateText(name) });
        const value = convert(member.value, file, oddities);
        members.set(name, { name, isText: true, line: at.line, value });
      }
      return { kind: "mapping", line, members: [...members.values()] };
    }
    case "array":
      return { kind: "list", line, items: node.items.map((item) => convert(item, file, oddities)) };
    case "null":
      return { kind: "scalar", line, value: null };
    case "number":
      if (!Number.isFinite(node.value)) {
        throw mistakeAt({ file, line }, "a number must be finite", String(node.value));
      }
      if (Number.isInteger(node.value) && !Number.isSafeInteger(node.value)) {
        oddities.push({ line, text: `a number this large is rounded to ${node.value}; quote it` });
      }
      return { kind: "scalar", line, value: node.value };
    default:
      return { kind: "scalar", line, value: node.value };
  }
}
