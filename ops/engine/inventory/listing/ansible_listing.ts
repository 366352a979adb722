import type { Inventory, InventoryHost, Variables, VariableValue } from "../inventory.ts";

/** What `ansible-inventory --list` prints: groups by name, and `_meta` with the hosts' variables. */
export type AnsibleListing = Readonly<Record<string, VariableValue>>;

/** Ansible's own names: `ansible-inventory` leaves out what an inventory sets under them. */
const internalNames: ReadonlySet<string> = new Set([
  ...["ansible_config_file", "ansible_diff_mode", "ansible_facts", "ansible_forks"],
  ...["ansible_inventory_sources", "ansible_limit", "ansible_playbook_python", "ansible_run_tags"],
  ...["ansible_skip_tags", "ansible_verbosity", "ansible_version", "group_names", "groups"],
  ...["inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short"],
  ...["omit", "playbook_dir"],
]);

/** A host's variables as `ansible-inventory --host` prints them. */
export function shownVariables(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !internalNames.has(name)),
  );
}

/**
 * The inventory in the form of `ansible-inventory --list`. Groups without hosts and children have
 * no entry of their own.
 *
 * @param hosts Those to list; all by default.
 */
export function ansibleListing(
  inventory: Inventory,
  hosts: Iterable<InventoryHost> = inventory.hosts.values(),
): AnsibleListing {
  const listed = new Map([...hosts].map((host) => [host.name, host]));
  const groups: [string, VariableValue][] = [];
  for (const { name, ownHosts, children } of inventory.groups.values()) {
    const entry: [string, VariableValue][] = [];
    if (children.length > 0) entry.push(["children", children]);
    const shown = name === "all" ? [] : ownHosts.filter((host) => listed.has(host));
    if (shown.length > 0) entry.push(["hosts", shown]);
    if (entry.length > 0) groups.push([name, Object.fromEntries(entry)]);
  }
  const hostvars: [string, VariableValue][] = [];
  for (const { name, variables } of listed.values()) {
    const shown = shownVariables(variables);
    if (Object.keys(shown).length > 0) hostvars.push([name, shown]);
  }
  return Object.fromEntries([["_meta", { hostvars: Object.fromEntries(hostvars) }], ...groups]);
}
