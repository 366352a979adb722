/** What a variable may hold: what YAML and JSON have in common. */
export type VariableValue =
  | string
  | number
  | boolean
  | null
  | readonly VariableValue[]
  | { readonly [name: string]: VariableValue };

/** A host with everything that its groups give it. */
export interface InventoryHost {
  readonly name: string;
  /** All groups that it is in, directly or through children; `all` too. */
  readonly groups: readonly string[];
  /** Merged with Ansible's precedence. Templates are not replaced: see `readVariable`. */
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Where a variable's value was written: file, line where known, and group or host. */
  originOf(variable: string): string | undefined;
}

/** A group. */
export interface InventoryGroup {
  readonly name: string;
  /** Names of its hosts, those of children included, in inventory order. */
  readonly hosts: readonly string[];
  readonly children: readonly string[];
}

/** A fleet as its inventory describes it. */
export interface Inventory {
  /** The sources, as given. */
  readonly sources: readonly string[];
  /** By name, in inventory order. */
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  readonly groups: ReadonlyMap<string, InventoryGroup>;
}
