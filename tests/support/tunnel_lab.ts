import { assertEquals } from "@std/assert";
import type { ConnectorConfig } from "../../connector/config.ts";
import { Connector, type ConnectorOptions } from "../../connector/connector.ts";
import type { ServiceConfig } from "../../connector/service_config.ts";
import { TestBackend } from "../../connector/test_backend.ts";
import { parseTarget, TargetProblem } from "../../connector/target.ts";
import type { RelayConfig } from "../../relay/config.ts";
import { Relay, type RelayOptions } from "../../relay/relay.ts";
import { type SocketAddress } from "../../tunnel/quic/address.ts";
import type { TlsIdentity } from "../../tunnel/quic/tls_config.ts";
import { TestCertificates, type TestIdentity } from "./certificates.ts";
import { DenoClient } from "./deno_client.ts";
import { QuicheClient } from "./quiche_client.ts";
import { type LinkFaults, UdpLink } from "./udp_link.ts";
import { waitFor } from "./wait.ts";

/** Where packets for the services of a test go. */
export type LabServices = Readonly<Record<string, TestBackend | string>>;

/** What differs from a connector that verifies `ztna-server` and has no certificate. */
export interface LabConnectorOptions extends ConnectorOptions {
  readonly identity?: TlsIdentity;
  readonly config?: Partial<ConnectorConfig>;
  /** Fields of all services. */
  readonly service?: Partial<ServiceConfig>;
  /** Return before the services are registered. */
  readonly dontWait?: boolean;
}

/** Reconnects come at once: no test waits for a second that it can do without. */
const quickReconnects = { reconnectBaseMs: 20, reconnectMaxMs: 100 };

const loopback = "127.0.0.1";

/**
 * Relays, connectors, clients and backends for one test, on loopback, with certificates of their
 * own. Disposing of it ends them, the last one first, and fails the test when a relay or connector
 * has kept anything.
 */
export class TunnelLab implements AsyncDisposable {
  readonly certificates: TestCertificates;
  readonly #relayIdentity: TestIdentity;
  readonly #stack = new AsyncDisposableStack();
  #clients = 0;

  private constructor(certificates: TestCertificates, relayIdentity: TestIdentity) {
    this.certificates = this.#stack.use(certificates);
    this.#relayIdentity = relayIdentity;
  }

  /** An empty lab. */
  static async create(): Promise<TunnelLab> {
    const certificates = await TestCertificates.create();
    return new TunnelLab(certificates, await certificates.server());
  }

  /** The configuration of a relay that requires client certificates, on free ports. */
  relayConfig(overrides: Partial<RelayConfig> = {}): RelayConfig {
    return {
      bindAddresses: [loopback],
      port: 0,
      ...this.#relayIdentity,
      caFile: this.certificates.caFile,
      requireClientCertificate: true,
      retry: true,
      drainTimeoutMs: 3000,
      maxConnections: 1000,
      logLevel: "info",
      ...overrides,
    };
  }

  /** Starts a relay that requires client certificates. */
  async relay(overrides: Partial<RelayConfig> = {}, options: RelayOptions = {}): Promise<Relay> {
    const relay = await Relay.start(this.relayConfig(overrides), options);
    this.#stack.defer(async () => {
      await relay.close();
      const { agents, connectors, services, flows, addresses, ...rest } = relay.metrics.gauge;
      const kept = { agents, connectors, services, flows, addresses };
      for (const [name, gauge] of Object.entries(kept)) assertEquals(gauge.value, 0, name);
      assertEquals(rest.quarantinedAddresses.value, 0, "quarantinedAddresses");
      assertEquals(rest.activeConnections.value, 0, "activeConnections");
      assertEquals(relay.metrics.counter.handlerErrors.value, 0, "handlerErrors");
    });
    return relay;
  }

  /** Starts a relay that admits everybody. */
  openRelay(overrides: Partial<RelayConfig> = {}, options?: RelayOptions): Promise<Relay> {
    return this.relay({ requireClientCertificate: false, ...overrides }, options);
  }

  /** Starts a connector and waits until its services are registered. */
  async connector(
    relay: { readonly address: SocketAddress } | ConnectorConfig["server"],
    services: LabServices,
    options: LabConnectorOptions = {},
  ): Promise<Connector> {
    const { identity, config, service, dontWait = false, ...rest } = options;
    const limits = { ...quickReconnects, ...rest.limits };
    const server = "address" in relay ? targetOf(relay.address) : relay;
    const connector = await Connector.start({
      server,
      serverName: "ztna-server",
      caFile: this.certificates.caFile,
      verifyPeer: true,
      identity,
      services: Object.entries(services).map(([id, backend]) => ({
        id,
        backend: typeof backend === "string" ? parsed(backend) : targetOf(backend.address),
        protocol: "any",
        ...service,
      })),
      logLevel: "info",
      ...config,
    }, { ...rest, limits });
    this.#stack.defer(async () => {
      await connector.close();
      for (const id of Object.keys(services)) {
        assertEquals(connector.metrics.gauge.udpFlows.labels({ service: id }).value, 0, "flows");
        const internal = { service: id, reason: "internal" };
        assertEquals(connector.metrics.counter.drops.labels(internal).value, 0, "faults");
      }
    });
    if (!dontWait) await waitFor(() => connector.readiness().ready, "the connector's readiness");
    return connector;
  }

  /** Connects a client on our own endpoint; without `identity` it presents no certificate. */
  async client(
    relay: { readonly address: SocketAddress },
    identity?: TlsIdentity,
  ): Promise<QuicheClient> {
    const client = await QuicheClient.connect({
      remote: relay.address,
      tls: { caFile: this.certificates.caFile, verifyPeer: true, ...identity && { identity } },
    });
    return this.#stack.use(client);
  }

  /** Connects a client that is registered in `role` for `services`. */
  async registered(
    relay: { readonly address: SocketAddress },
    role: "agent" | "connector",
    services: string | readonly string[],
    identity?: TlsIdentity,
  ): Promise<QuicheClient> {
    const client = await this.client(relay, identity);
    for (const service of [services].flat()) {
      assertEquals(await client.register(role, service), "ack", service);
    }
    return client;
  }

  /** Connects a client on Deno's own QUIC. */
  async denoClient(
    relay: { readonly address: SocketAddress },
    identity?: TestIdentity,
  ): Promise<DenoClient> {
    const client = await DenoClient.connect({
      remote: relay.address,
      caPem: this.certificates.caPem,
      ...identity && { identity },
    });
    return this.#stack.use(client);
  }

  /** A certificate for `role` and `services`; its name is new unless given. */
  identity(
    role: "agent" | "connector",
    services: readonly string[],
    name = `${role}-${++this.#clients}`,
  ): Promise<TestIdentity> {
    return this.certificates.client(role, name, services);
  }

  /** Starts a UDP application, which echoes unless told otherwise. */
  backend(hostname?: string): TestBackend {
    return this.#stack.use(new TestBackend(hostname));
  }

  /** A UDP forwarder in front of `server`; see {@linkcode UdpLink}. */
  link(server: { readonly address: SocketAddress }, faults?: LinkFaults, seed?: number): UdpLink {
    return this.#stack.use(UdpLink.open(server.address, faults, seed));
  }

  /** Disposes of something with the lab. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    return this.#stack.use(resource);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function targetOf({ hostname, port }: SocketAddress): ConnectorConfig["server"] {
  return { host: hostname, port };
}

function parsed(text: string): ConnectorConfig["server"] {
  const target = parseTarget(text);
  if (target instanceof TargetProblem) throw new RangeError(`"${text}": it ${target.rule}`);
  return target;
}
