import type { SourcePlace } from "../mistakes.ts";
import { parseHostAddress } from "./host_address.ts";
import type { InventoryStatement } from "./statement.ts";

/** Reads hosts from the command line: `relay1,relay2:2222,`. Ranges are not expanded here. */
export function parseHostList(text: string): InventoryStatement[] {
  const place: SourcePlace = { file: text };
  const names = new Set<string>();
  const statements: InventoryStatement[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const address = parseHostAddress(part);
    const { host, port } = address === undefined || address.host.includes("[")
      ? { host: part, port: undefined }
      : address;
    if (names.has(host)) continue;
    names.add(host);
    statements.push({
      kind: "hosts",
      names: [host],
      group: "ungrouped",
      port: port === 0 ? undefined : port,
      variables: [],
      place,
    });
  }
  return statements;
}
