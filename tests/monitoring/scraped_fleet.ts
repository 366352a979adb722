import { loadInventory } from "../../ops/engine/inventory/load_inventory.ts";
import { readCredentials } from "../../ops/fleet/credentials.ts";
import { type FleetPaths, fleetPathsOf } from "../../ops/fleet/fleet_paths.ts";
import { readFleet } from "../../ops/fleet/read_fleet.ts";
import { checkout } from "../../ops/checkout.ts";
import { Program } from "../support/program.ts";

/** The hosts of the inventory: names that need quoting, as operators may give them. */
export const scrapedHosts = { relay: 'relay "one"', connector: "connector two" } as const;

/**
 * A relay and a connector on this machine that show their metrics over TLS, with the certificates
 * that deploy would have issued for an inventory of theirs.
 */
export class ScrapedFleet implements AsyncDisposable {
  /** Everything of the operator's, and what Prometheus reads. */
  readonly directory: string;
  readonly paths: FleetPaths;
  readonly relay: Program;
  readonly connector: Program;
  /** Where the metrics of each are. */
  readonly ports: { readonly relay: number; readonly connector: number };

  private constructor(
    directory: string,
    programs: Pick<ScrapedFleet, "relay" | "connector" | "ports">,
  ) {
    this.directory = directory;
    this.paths = pathsIn(directory);
    this.relay = programs.relay;
    this.connector = programs.connector;
    this.ports = programs.ports;
  }

  /** Starts both. */
  static async start(): Promise<ScrapedFleet> {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-scraped-" });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.removeSync(directory, { recursive: true }));
    await issue(directory, 9490, 9491);
    const { tls } = pathsIn(directory);
    const metrics = (host: string): string[] => [
      ...["--metrics-port", "0", "--metrics-tls-bind", "127.0.0.1", "--metrics-tls-port", "0"],
      ...["--metrics-tls-cert", `${tls}/metrics-${host}.pem`],
      ...["--metrics-tls-key", `${tls}/metrics-${host}.key`],
      ...["--metrics-tls-ca", `${tls}/ca.pem`],
    ];
    const identity = (program: string, prefix: string): string[] => [
      ...[`--${prefix}cert`, `${tls}/${program}.pem`, `--${prefix}key`, `${tls}/${program}.key`],
      ...["--ca-cert", `${tls}/ca.pem`],
    ];
    const relay = stack.use(
      new Program("relay", [
        ...["--port", "0", "--bind", "127.0.0.1"],
        ...identity(`relay-${scrapedHosts.relay}`, ""),
        ...metrics(scrapedHosts.relay),
      ]),
    );
    const { address, metricsTls: relayMetrics } = await relay.logged("relay_started");
    const connector = stack.use(
      new Program("connector", [
        ...["--server", String(address), "--service", "web", "--forward", "127.0.0.1:9"],
        ...identity(`connector-${scrapedHosts.connector}`, "client-"),
        ...metrics(scrapedHosts.connector),
      ]),
    );
    const { metricsTls: connectorMetrics } = await connector.logged("connector_started");
    const portOf = (text: unknown): number => Number(String(text).split(":").at(-1));
    const ports = { relay: portOf(relayMetrics), connector: portOf(connectorMetrics) };
    await issue(directory, ports.relay, ports.connector);
    stack.move();
    return new ScrapedFleet(directory, { relay, connector, ports });
  }

  /** The inventory, as the operator has it. */
  get inventory(): string {
    return inventoryIn(this.directory);
  }

  /** Where `targets` writes. */
  get prometheusDirectory(): string {
    return `${this.directory}/prometheus`;
  }

  /** Runs `deno task dashboards targets`, as the operator does. */
  async writeTargets(...args: readonly string[]): Promise<Deno.CommandOutput> {
    return await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", `${checkout}/ops/dashboards.ts`, "targets", "-i", this.inventory],
        ...["--out", this.prometheusDirectory, ...args],
      ],
      env: { XDG_STATE_HOME: `${this.directory}/state`, NO_COLOR: "1" },
      stdin: "null",
    }).output();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connector[Symbol.asyncDispose]();
    await this.relay[Symbol.asyncDispose]();
    Deno.removeSync(this.directory, { recursive: true });
  }
}

function inventoryIn(directory: string): string {
  return `${directory}/inventory.json`;
}

function pathsIn(directory: string): FleetPaths {
  const get = (name: string): string | undefined =>
    name === "XDG_STATE_HOME" ? `${directory}/state` : undefined;
  return fleetPathsOf({ get }, "scraped");
}

/** Writes the inventory, and issues what deploy would. */
async function issue(directory: string, relayPort: number, connectorPort: number): Promise<void> {
  const inventory = {
    all: {
      vars: {
        ztna_fleet: "scraped",
        ansible_connection: "local",
        ansible_host: "127.0.0.1",
        ztna_metrics_bind: "127.0.0.1",
        ztna_relay_metrics_port: relayPort,
        ztna_connector_metrics_port: connectorPort,
        ztna_services: [{ id: "web", backend: "127.0.0.1:9" }],
      },
      children: {
        relays: { hosts: { [scrapedHosts.relay]: {} } },
        connectors: { hosts: { [scrapedHosts.connector]: {} } },
      },
    },
  };
  const file = inventoryIn(directory);
  Deno.writeTextFileSync(file, JSON.stringify(inventory));
  const loaded = await loadInventory([file]);
  const fleet = readFleet(loaded, [...loaded.hosts.values()]);
  await readCredentials({ fleet, paths: pathsIn(directory), check: false, now: Date.now() });
}
