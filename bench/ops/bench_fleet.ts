import { stringify } from "yaml";
import { checkout } from "../../ops/checkout.ts";
import { loadInventory } from "../../ops/engine/inventory/load_inventory.ts";
import { readCredentials } from "../../ops/fleet/credentials.ts";
import { fleetPathsOf } from "../../ops/fleet/fleet_paths.ts";
import { hostPlays } from "../../ops/fleet/host_plays.ts";
import { readFleet } from "../../ops/fleet/read_fleet.ts";
import { readUnits } from "../../ops/fleet/units.ts";
import { isCurrentScript, switchScript } from "../../ops/release/activation.ts";
import type { Release } from "../../ops/release/release.ts";
import type { BenchLabHost } from "./bench_lab.ts";
import { playbookInputs } from "./playbook_variables.ts";

/** What differs between two deploys: it is in one file of every host. */
export type LogLevel = "info" | "warn";

/** Where the fleet is described. */
export interface FleetFiles {
  /** For deploy; and a directory with the same and the playbook's variables. */
  readonly ours: string;
  readonly ansible: string;
  /** Holds our certificates (`XDG_STATE_HOME`). */
  readonly stateHome: string;
}

/** One fleet, for both tools. */
export interface FleetOptions {
  readonly hosts: readonly BenchLabHost[];
  readonly sshConfigFile: string;
  readonly release: Release;
  readonly files: FleetFiles;
  readonly logLevel: LogLevel;
  readonly signal: AbortSignal;
}

/**
 * Describes a fleet: as an inventory, which is all that deploy needs, and as the same inventory with
 * variables and files for the playbook, which are made from what deploy would do.
 */
export async function writeFleet(options: FleetOptions): Promise<void> {
  const { release, files, signal } = options;
  const text = inventoryText(options);
  for (const directory of [files.ours, files.ansible]) {
    Deno.mkdirSync(directory, { recursive: true });
    Deno.writeTextFileSync(`${directory}/hosts.yaml`, text);
  }
  const inventory = await loadInventory([`${files.ours}/hosts.yaml`], { signal });
  const fleet = readFleet(inventory, [...inventory.hosts.values()]);
  const paths = fleetPathsOf(new Map([["XDG_STATE_HOME", files.stateHome]]), fleet.name);
  const credentials = await readCredentials({ fleet, paths, check: false, now: Date.now() });
  const units = readUnits(checkout);
  const { id } = release;
  const activation = { id, unless: isCurrentScript(id), switchTo: switchScript(id) };
  for (const host of fleet.hosts) {
    const plays = hostPlays({ fleet, host, credentials, units, release: activation });
    const directory = `${files.ansible}/files/${host.name}`;
    const inputs = playbookInputs(host, plays, release, directory);
    for (const { src, bytes } of inputs.files) writePrivately(src, bytes);
    const variables = JSON.stringify(inputs.variables, undefined, 2);
    writePrivately(`${files.ansible}/host_vars/${host.name}.json`, variables);
  }
}

function inventoryText({ hosts, sshConfigFile, logLevel }: FleetOptions): string {
  const relays = hosts.filter(({ name }) => name.startsWith("relay"));
  const connectors = hosts.filter((host) => !relays.includes(host));
  return stringify({
    all: {
      vars: {
        ansible_user: "deploy",
        ansible_become: true,
        ansible_ssh_common_args: `-F ${sshConfigFile}`,
        // Or Ansible looks for it on each host, each time.
        ansible_python_interpreter: "/usr/bin/python3",
        ztna_fleet: "bench",
        // All programs start at the same time, on the processors of one machine.
        ztna_ready_timeout: 600,
      },
      children: {
        relays: {
          hosts: Object.fromEntries(relays.map(({ name, address }) => [
            name,
            { ztna_relay_address: address },
          ])),
          vars: { ztna_relay_config: { log_level: logLevel } },
        },
        connectors: {
          hosts: Object.fromEntries(connectors.map(({ name }) => [name, null])),
          vars: {
            ztna_services: [{ id: "bench", backend: "127.0.0.1:9999" }],
            ztna_connector_config: { log_level: logLevel },
          },
        },
      },
    },
  });
}

function writePrivately(path: string, contents: string | Uint8Array): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  Deno.writeFileSync(path, bytes, { mode: 0o600 });
}
