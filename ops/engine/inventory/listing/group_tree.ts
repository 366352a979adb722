import { escapeControls } from "../../../../tunnel/printable.ts";
import type { Inventory, InventoryHost } from "../inventory.ts";
import { showValue } from "../read_variable.ts";
import { shownVariables } from "./ansible_listing.ts";

/**
 * Longest tree, in UTF-16 units. Groups may share children over and over: a few of them can make a
 * tree without end.
 */
const maxLength = 16 * 1024 * 1024;

/** What to draw, and how deep. */
interface Branch {
  readonly group: string;
  readonly depth: number;
}

/**
 * The groups and their hosts as a tree, in the form of `ansible-inventory --graph`, safe to print.
 * What is beyond 16 Mi characters is cut off, and an ellipsis says so.
 *
 * @param options.hosts Names of the hosts that are drawn.
 * @param options.variables Adds the variables of groups and hosts.
 */
export function groupTree(
  inventory: Inventory,
  options: { readonly hosts: ReadonlySet<string>; readonly variables?: boolean },
): string {
  const lines: string[] = [];
  let length = 0;
  const add = (added: string): void => {
    lines.push(added);
    length += added.length + 1;
  };
  const rest: (Branch | readonly string[])[] = [{ group: "all", depth: 0 }];
  while (length < maxLength) {
    const next = rest.pop();
    if (next === undefined) return lines.join("\n");
    if (!("group" in next)) {
      for (const each of next) add(each);
      continue;
    }
    const group = inventory.groups.get(next.group);
    if (group === undefined) continue;
    const depth = next.depth + 1;
    add(line(`@${group.name}:`, next.depth));
    const own = (group.name === "all" ? [] : group.ownHosts).flatMap((name) => {
      const host = inventory.hosts.get(name);
      if (host === undefined || !options.hosts.has(name)) return [];
      const variables = options.variables ? variableLines(host, depth + 1) : [];
      return [line(name, depth), ...variables];
    }).concat(options.variables ? variableLines(group, depth) : []);
    // The last in is the first out: children come in front of hosts.
    rest.push(own, ...group.children.map((child) => ({ group: child, depth })).reverse());
  }
  return [...lines, "…"].join("\n");
}

function variableLines(
  { variables }: Pick<InventoryHost, "variables">,
  depth: number,
): string[] {
  return Object.entries(shownVariables(variables))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => {
      const shown = typeof value === "string" ? value : showValue(value);
      return line(`{${name} = ${shown}}`, depth);
    });
}

function line(text: string, depth: number): string {
  return `${"  |".repeat(depth)}${depth === 0 ? "" : "--"}${escapeControls(text)}`;
}
