/** What a variable may hold: what YAML and JSON have in common. */
export type VariableValue =
  | string
  | number
  | boolean
  | null
  | readonly VariableValue[]
  | { readonly [name: string]: VariableValue };

/** Variables by name. Look names from outside up with `Object.hasOwn`. */
export type Variables = Readonly<Record<string, VariableValue>>;

/** A host with everything that its groups give it. */
export interface InventoryHost {
  readonly name: string;
  /** All groups that it is in, directly or through children; `all` too. */
  readonly groups: readonly string[];
  /**
   * Merged with Ansible's precedence. Templates are not replaced: see `readVariable`. What is
   * encrypted with Ansible Vault is `{ __ansible_vault: TEXT }`, what must not be taken for a
   * template `{ __ansible_unsafe: TEXT }`, as in Ansible's JSON.
   */
  readonly variables: Variables;
  /** The source that named it first, for `inventory_file`: an absolute path; none for a list of hosts. */
  readonly sourceFile: string | undefined;
  /** Where a variable's value was written: file, line where known, and group or host. */
  originOf(variable: string): string | undefined;
}

/** A group. */
export interface InventoryGroup {
  readonly name: string;
  /** Names of its hosts, those of children included, in inventory order. */
  readonly hosts: readonly string[];
  /** Names of the hosts that it holds itself. */
  readonly ownHosts: readonly string[];
  /** Names of the groups that it holds itself. */
  readonly children: readonly string[];
  /** Those that are set for this very group; parents and children have their own. */
  readonly variables: Variables;
}

/** A fleet as its inventory describes it. */
export interface Inventory {
  /** The sources, as given. */
  readonly sources: readonly string[];
  /** By name, in the order in which the sources name them. */
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  /** By name, in the order in which the sources name them; `all` and `ungrouped` first. */
  readonly groups: ReadonlyMap<string, InventoryGroup>;
  /** What is odd, but no mistake; a line each, safe to print. */
  readonly warnings: readonly string[];
}
