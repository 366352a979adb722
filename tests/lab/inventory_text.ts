import { stringify } from "yaml";

/** A host of an inventory. */
export interface InventoryHost {
  readonly name: string;
  readonly address: string;
  /** `ADDRESS:PORT` from which this machine reaches the host's relay. */
  readonly probeAddress: string;
}

/** What an inventory says besides its hosts. */
export interface InventoryOptions {
  readonly sshConfigFile: string;
  /** Variables of all hosts, which win over those of the text; `undefined` takes one away. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/**
 * An inventory of a lab, in Ansible's YAML: hosts whose name begins with "relay" are relays, the
 * others are connectors with an application beside them.
 */
export function inventoryText(
  hosts: readonly InventoryHost[],
  { sshConfigFile, variables = {} }: InventoryOptions,
): string {
  const relays = hosts.filter(({ name }) => name.startsWith("relay"));
  const connectors = hosts.filter((host) => !relays.includes(host));
  const names = Object.fromEntries(connectors.map(({ name }) => [name, null]));
  return stringify({
    all: {
      vars: {
        ansible_user: "deploy",
        ansible_become: true,
        ansible_ssh_common_args: `-F ${sshConfigFile}`,
        ztna_fleet: "lab",
        ...variables,
      },
      children: {
        relays: {
          hosts: Object.fromEntries(relays.map(({ name, address, probeAddress }) => [
            name,
            { ztna_relay_address: address, ztna_probe_address: probeAddress },
          ])),
        },
        connectors: {
          hosts: names,
          vars: {
            ztna_services: [{ id: "echo-service", backend: "127.0.0.1:9999", protocol: "any" }],
          },
        },
        applications: { hosts: names },
      },
    },
  }, { aliasDuplicateObjects: false });
}
