import type { Inventory, InventoryHost } from "../inventory.ts";

/** Names by which this machine is selected where the inventory has no such host. */
export const localhostNames: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** This machine as a host of no group: it has the variables of `all`, and needs no ssh. */
export function implicitLocalhost(inventory: Inventory, name: string): InventoryHost {
  const variables = { ...inventory.groups.get("all")?.variables, ansible_connection: "local" };
  return {
    name,
    groups: [],
    variables,
    sourceFile: undefined,
    originOf: (variable) => Object.hasOwn(variables, variable) ? "implicit localhost" : undefined,
  };
}
