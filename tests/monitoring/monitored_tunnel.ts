import type { ServiceConfig } from "../../connector/service_config.ts";
import type { ScrapeTarget } from "../../ops/fleet/scrape_targets.ts";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import { freePort } from "../support/free_port.ts";
import { relayAddress } from "../support/relay_program.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { MonitoredProgram } from "./monitored_program.ts";
import { type LoadAgent, TunnelLoad } from "./tunnel_load.ts";
import { TunnelTrouble } from "./tunnel_trouble.ts";

/** Value of the label `fleet`. */
export const fleetName = "lab";

/** The relays, and the release that all programs are at first. */
const relayHosts = ["relay01", "relay02"] as const;
const firstRelease = "0.1.0-1f0e6b2c77aa";
const loopback = "127.0.0.1";

/** Each connector's relay and services; `printer` has a backend at which nobody listens. */
const connectorHosts = {
  connector01: { relay: "relay01", services: ["web", "dns"] },
  connector02: { relay: "relay01", services: ["web"] },
  connector03: { relay: "relay02", services: ["web", "voice", "printer"] },
} as const;

/**
 * Where agents of the load are, and what they talk to. Two share the only connector of a service at
 * their relay, and so need inner addresses of their own there.
 */
const agentPlaces = [
  ...[["relay01", "web"], ["relay01", "web"], ["relay01", "dns"]] as const,
  ...[["relay02", "web"], ["relay02", "web"], ["relay02", "voice"], [
    "relay02",
    "printer",
  ]] as const,
];

/** A host of the tunnel. */
export type TunnelHost = typeof relayHosts[number] | keyof typeof connectorHosts;

/**
 * A small fleet as processes on loopback, with admin endpoints to scrape: two relays, three
 * connectors, four services, agents that send all the time, and clients that do what they must not.
 */
export class MonitoredTunnel implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #hosts = new Map<TunnelHost, MonitoredProgram>();
  #load: TunnelLoad | undefined;

  private constructor() {}

  /** Starts everything, and waits until packets go through. */
  static async start(): Promise<MonitoredTunnel> {
    const tunnel = new MonitoredTunnel();
    try {
      await tunnel.#start();
      return tunnel;
    } catch (error) {
      await tunnel[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The agents that send. */
  get load(): TunnelLoad {
    return this.#load!;
  }

  /** All hosts by their names. */
  get hosts(): ReadonlyMap<TunnelHost, MonitoredProgram> {
    return this.#hosts;
  }

  /** Connections of connectors: one for each service of each. */
  get uplinks(): number {
    return Object.values(connectorHosts).reduce((sum, { services }) => sum + services.length, 0);
  }

  /** Services that are offered. */
  get services(): readonly string[] {
    return [...new Set(Object.values(connectorHosts).flatMap(({ services }) => services))];
  }

  /** A host's program. */
  host(name: TunnelHost): MonitoredProgram {
    return this.#hosts.get(name)!;
  }

  /** What Prometheus is to scrape. */
  targets(): ScrapeTarget[] {
    return [...this.#hosts.values()].map(({ host, program, adminPort }) => ({
      program,
      scheme: "http",
      address: `${loopback}:${adminPort}`,
      labels: { instance: host, fleet: fleetName },
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #start(): Promise<void> {
    const lab = this.#stack.use(await TunnelLab.create());
    const retryKey = `${lab.certificates.directory}/retry.key`;
    Deno.writeFileSync(retryKey, crypto.getRandomValues(new Uint8Array(32)));
    const relays = await Promise.all(relayHosts.map((host) => this.#startRelay(lab, host)));
    const addresses = Object.fromEntries(relayHosts.map((host, i) => [host, relays[i]!]));

    const echo = lab.backend();
    const backends = (service: string): string =>
      `${loopback}:${service === "printer" ? freePort("udp") : echo.address.port}`;
    await Promise.all(
      Object.entries(connectorHosts).map(([host, { relay, services }]) =>
        this.#startConnector(
          lab,
          host as TunnelHost,
          addresses[relay]!,
          services.map((id) => ({
            id,
            backend: backends(id),
          })),
        )
      ),
    );
    const agents = await Promise.all(agentPlaces.map(async ([relay, service]) => ({
      relay: addresses[relay]!,
      service,
      tls: {
        caFile: lab.certificates.caFile,
        verifyPeer: true,
        identity: await lab.identity("agent", [service]),
      },
    } satisfies LoadAgent)));
    this.#load = lab.use(await TunnelLoad.start(agents));
    lab.use(await TunnelTrouble.start(lab, addresses["relay02"]!, "web"));
  }

  async #startRelay(lab: TunnelLab, host: TunnelHost): Promise<SocketAddress> {
    const { certificateFile, keyFile, caFile } = lab.relayConfig();
    // A port that stays the same over restarts, and so has to be known before the first start.
    const port = freePort("udp");
    const relay = await this.#startProgram(lab, {
      program: "relay",
      host,
      args: [
        ...["--port", String(port), "--bind", loopback, "--ca-cert", caFile!],
        ...["--cert", certificateFile, "--key", keyFile],
        ...["--retry-key", `${lab.certificates.directory}/retry.key`],
      ],
    });
    return await relayAddress(relay.process);
  }

  async #startConnector(
    lab: TunnelLab,
    host: TunnelHost,
    relay: SocketAddress,
    services: readonly { readonly id: ServiceConfig["id"]; readonly backend: string }[],
  ): Promise<void> {
    const identity = await lab.identity("connector", services.map(({ id }) => id), host);
    const file = `${lab.certificates.directory}/${host}.json`;
    Deno.writeTextFileSync(
      file,
      JSON.stringify({
        intermediate_server: { host: relay.hostname, port: relay.port },
        ca_cert: lab.certificates.caFile,
        client_cert: identity.certificateFile,
        client_key: identity.keyFile,
        services,
      }),
    );
    const connector = await this.#startProgram(lab, {
      program: "connector",
      host,
      args: ["--config", file],
    });
    await connector.ready();
  }

  async #startProgram(
    lab: TunnelLab,
    options: {
      readonly program: "relay" | "connector";
      readonly host: TunnelHost;
      readonly args: readonly string[];
    },
  ): Promise<MonitoredProgram> {
    const program = lab.use(await MonitoredProgram.start({ ...options, release: firstRelease }));
    this.#hosts.set(options.host, program);
    return program;
  }
}
