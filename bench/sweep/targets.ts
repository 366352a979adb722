import { stringify } from "yaml";
import { loadInventory } from "../../ops/engine/inventory/load_inventory.ts";
import { readCredentials } from "../../ops/fleet/credentials.ts";
import { fleetPathsOf } from "../../ops/fleet/fleet_paths.ts";
import { readFleet } from "../../ops/fleet/read_fleet.ts";
import { LoopbackHosts } from "../ops/loopback_hosts.ts";
import { ourTool, type Tool } from "../ops/tools.ts";

/** How targets are made. */
export interface TargetsOptions {
  /** For everything that is written; it is made. */
  readonly directory: string;
  readonly hosts: number;
  readonly signal: AbortSignal;
}

/**
 * What systemd says of units that it does not have. The machine of a benchmark may be without it,
 * and then it would say nothing.
 */
const systemctl = `#!/bin/sh
gap=
for word; do
  case $word in
  *.service)
    printf '%sId=%s\n' "$gap" "$word"
    echo 'ExecMainStartTimestampMonotonic=0
LoadState=not-found
ActiveState=inactive
SubState=dead
Result=success
ExecMainCode=0
ExecMainStatus=0
NRestarts=0
MainPID=0
Job=
InvocationID=
UnitFileState=
NeedDaemonReload=no'
    gap='
'
    ;;
  esac
done
`;

/**
 * A few sockets: the real one looks at all processes, and here those of all hosts are on one machine,
 * so that each of 500 would pay for 500.
 */
const ss = `#!/bin/sh
echo 'udp UNCONN 0 0 127.0.0.1:323 0.0.0.0:* users:(("chronyd",pid=400,fd=5))
tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=500,fd=3))
tcp LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=500,fd=4))'
`;

/** One of so many hosts is a relay. */
const hostsPerRelay = 10;

/**
 * Many hosts on loopback, described as a fleet: relays, and connectors with their application. No
 * program runs there, so that nearly every check has something to say.
 */
export class SweepTargets implements AsyncDisposable {
  readonly hosts: LoopbackHosts;
  /** Ours, with the fleet's certificates. */
  readonly tool: Tool;
  readonly inventory: string;
  readonly #signal: AbortSignal;

  private constructor(hosts: LoopbackHosts, { directory, signal }: TargetsOptions) {
    this.hosts = hosts;
    this.tool = ourTool(`${directory}/ours`);
    this.inventory = `${directory}/hosts.yaml`;
    this.#signal = signal;
  }

  /** @throws {BenchError} when there is no sshd, or it does not start. */
  static async start(options: TargetsOptions): Promise<SweepTargets> {
    const { directory } = options;
    Deno.mkdirSync(directory, { recursive: true });
    const standIns: Record<string, string> = {};
    for (const [name, text] of Object.entries({ systemctl, ss })) {
      Deno.writeTextFileSync(`${directory}/${name}`, text, { mode: 0o755 });
      standIns[`/usr/bin/${name}`] = `${directory}/${name}`;
    }
    const hosts = await LoopbackHosts.start(directory, options.hosts, standIns);
    const targets = new SweepTargets(hosts, options);
    try {
      await targets.describe(targets.inventory);
      return targets;
    } catch (error) {
      await targets[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Writes an inventory, and makes the certificates that its hosts need.
   *
   * @param frozenPort The port of one more host, `frozen`, which comes first.
   */
  async describe(file: string, frozenPort?: number): Promise<void> {
    Deno.writeTextFileSync(file, inventoryText(this.hosts, frozenPort));
    const inventory = await loadInventory([file], { signal: this.#signal });
    const fleet = readFleet(inventory, [...inventory.hosts.values()]);
    const environment = new Map(Object.entries(this.tool.environment));
    const paths = fleetPathsOf(environment, fleet.name);
    await readCredentials({ fleet, paths, check: false, now: Date.now() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hosts[Symbol.asyncDispose]();
  }
}

/** With hosts whose names only ssh understands: Ansible takes hosts of one address for one. */
function inventoryText(hosts: LoopbackHosts, frozenPort: number | undefined): string {
  const { names } = hosts;
  const frozen = frozenPort === undefined
    ? {}
    : { frozen: { ansible_host: "127.0.0.1", ansible_port: frozenPort } };
  const relays = names.filter((_, index) => index % hostsPerRelay === 0);
  const connectors = named(names.filter((name) => !relays.includes(name)));
  return stringify({
    all: {
      vars: {
        ansible_ssh_common_args: `-F ${hosts.sshConfigFile("default")}`,
        // Or Ansible looks for it on each host, each time.
        ansible_python_interpreter: "/usr/bin/python3",
        ztna_fleet: "bench",
      },
      children: {
        relays: { hosts: named(relays) },
        connectors: {
          hosts: { ...frozen, ...connectors },
          vars: { ztna_services: [{ id: "bench", backend: "127.0.0.1:9999" }] },
        },
        applications: { hosts: connectors },
      },
    },
  }, { aliasDuplicateObjects: false });
}

function named(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}
