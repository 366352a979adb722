import type { InventoryHost, Variables } from "../../ops/engine/inventory/inventory.ts";

/** A host with these variables, all of them from one file. */
export function hostWith(variables: Variables, name = "relay1"): InventoryHost {
  return {
    name,
    groups: ["all"],
    variables,
    sourceFile: "/fleet/hosts.yml",
    originOf: (variable) => Object.hasOwn(variables, variable) ? "hosts.yml:3" : undefined,
  };
}
