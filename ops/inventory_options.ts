/** The flags by which commands are told of an inventory and of hosts in it, and what they select. */

import type { Inventory, InventoryHost } from "./engine/inventory/inventory.ts";
import { loadInventory } from "./engine/inventory/load_inventory.ts";
import { selectHosts } from "./engine/inventory/select_hosts.ts";

const group = "Hosts";

/** The inventory, and which of its hosts. Letters are Ansible's. */
export const inventoryOptions = {
  inventory: {
    type: "strings",
    flag: "--inventory",
    short: "-i",
    placeholder: "SOURCE",
    group,
    help: "Inventory: a file (INI, YAML), an executable, a directory of such, or hosts with commas",
  },
  limit: {
    type: "string",
    flag: "--limit",
    short: "-l",
    placeholder: "PATTERN",
    group,
    help: "Only hosts that this selects too: relays:!canary, web[0:2], ~db\\d+, @FILE",
  },
} as const;

/** An inventory, and the hosts of it that a command works on. */
export interface Selection {
  readonly inventory: Inventory;
  /** At least one. */
  readonly hosts: readonly InventoryHost[];
}

/** What selecting takes. */
export interface SelectionOptions {
  /** The hosts that the command is for; all by default. */
  readonly pattern?: string;
  readonly signal: AbortSignal;
  /** Gets what is odd about the inventory, safe to print. */
  readonly warn: (text: string) => void;
}

/**
 * Loads the inventory that the command line names, and selects hosts of it.
 *
 * @throws {ConfigError} when the inventory is wrong, or no host is selected.
 */
export async function loadSelection(
  values: { readonly inventory: readonly string[]; readonly limit: string | undefined },
  { pattern = "all", signal, warn }: SelectionOptions,
): Promise<Selection> {
  const inventory = await loadInventory(values.inventory, { signal });
  for (const warning of inventory.warnings) warn(warning);
  return { inventory, hosts: await selectHosts(inventory, pattern, values.limit) };
}
