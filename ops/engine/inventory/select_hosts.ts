import { ConfigError } from "../../../tunnel/errors.ts";
import { nearestHint } from "../../../tunnel/options/nearest.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { Inventory, InventoryHost } from "./inventory.ts";
import { globPattern } from "./pattern/glob.ts";
import {
  orderParts,
  parseHostPattern,
  parsePart,
  type PatternPart,
} from "./pattern/host_pattern.ts";
import { implicitLocalhost, localhostNames } from "./pattern/implicit_localhost.ts";
import { readLimit } from "./pattern/limit.ts";

/**
 * The hosts that a pattern selects, in Ansible's order: that of the pattern's parts, and within
 * each that of the groups and the inventory.
 *
 * @param pattern Such as `relays:!canary`, `web[0:2],&prod`, `~db\d+`.
 * @param limit Leaves only those that this pattern selects too; may name a file as `@FILE`.
 * @throws {ConfigError} when a part matches nothing, with the nearest valid name, or no host is
 * left. (Ansible only warns of a part that matches nothing: in an exclusion that is dangerous.)
 */
export async function selectHosts(
  inventory: Inventory,
  pattern: string,
  limit?: string,
): Promise<readonly InventoryHost[]> {
  const selected = matchHosts(inventory, parseHostPattern(pattern));
  if (selected.length === 0) {
    throw new ConfigError(
      `Cannot select hosts as the pattern must match at least one: current value is ${
        quote(pattern)
      }`,
    );
  }
  if (limit === undefined) return selected;
  const limitParts = orderParts((await readLimit(limit)).map(parsePart));
  const allowed = new Set(matchHosts(inventory, limitParts).map(({ name }) => name));
  const left = selected.filter(({ name }) => allowed.has(name));
  if (left.length > 0) return left;
  throw new ConfigError(
    `Cannot select hosts as the limit must leave at least one of ${
      quote(pattern)
    }: current value is ${quote(limit)}`,
  );
}

/** The hosts that the parts of a pattern select, applied in their order. */
function matchHosts(inventory: Inventory, parts: readonly PatternPart[]): InventoryHost[] {
  let selected = new Map<string, InventoryHost>();
  for (const part of parts) {
    const matching = matchPart(inventory, part);
    const names = new Set(matching.map(({ name }) => name));
    if (part.role === "add") {
      for (const host of matching) {
        if (!selected.has(host.name)) selected.set(host.name, host);
      }
    } else {
      const keeps = part.role === "keep";
      selected = new Map([...selected].filter(([name]) => names.has(name) === keeps));
    }
  }
  return [...selected.values()];
}

function matchPart(inventory: Inventory, part: PatternPart): readonly InventoryHost[] {
  // A name that is written out needs no search, whatever characters it has.
  const named = inventory.hosts.get(part.text);
  if (named !== undefined) return [named];
  const matching = searchHosts(inventory, part);
  const { subscript } = part;
  if (subscript === undefined || matching.length === 0) return matching;
  if ("start" in subscript) return matching.slice(subscript.start, subscript.end + 1);
  const host = matching.at(subscript.index);
  if (host !== undefined) return [host];
  throw new ConfigError(
    `Cannot select hosts by ${quote(part.text)} as ${
      quote(part.expression)
    } has ${matching.length} hosts`,
  );
}

/** All matches; a host that matches in several ways is there several times, as subscripts count. */
function searchHosts(inventory: Inventory, { expression, text }: PatternPart): InventoryHost[] {
  const matches = expressionOf(expression, text);
  const groups = [...inventory.groups.values()].filter(({ name }) => matches(name));
  const inGroups = groups.flatMap((group) => group.hosts);
  const isName = groups.length > 0 && !/^~|[.?*[]/.test(expression);
  const alone = isName ? [] : [...inventory.hosts.keys()].filter(matches);
  const hosts = inGroups.concat(alone).flatMap((name) => inventory.hosts.get(name) ?? []);
  if (hosts.length > 0 || groups.length > 0) return hosts;
  if (localhostNames.includes(expression)) return [implicitLocalhost(inventory, expression)];
  const valid = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  throw new ConfigError(
    `Cannot select hosts by ${quote(text)} as it must match a host or a group: ${
      nearestHint("name", expression.replace(/^~/, ""), valid)
    }`,
  );
}

function expressionOf(expression: string, text: string): (name: string) => boolean {
  if (!expression.startsWith("~")) {
    const glob = globPattern(expression);
    return (name) => glob.test(name);
  }
  try {
    // Anchored at its start only, like Ansible's.
    const pattern = new RegExp(`^(?:${expression.slice(1)})`, "u");
    return (name) => pattern.test(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new ConfigError(
      `Cannot select hosts by ${
        quote(text)
      } as what follows "~" must be a regular expression: ${why}`,
    );
  }
}
