import { assertEquals } from "@std/assert";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { QuicConnection } from "../../tunnel/quic/connection.ts";
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import type { EndpointStats, PacketDropReason } from "../../tunnel/quic/endpoint_stats.ts";
import type {
  ConnectOptions,
  EndpointOptions,
  ServerOptions,
} from "../../tunnel/quic/endpoint_options.ts";
import type { TestCertificates, TestIdentity } from "./certificates.ts";
import { type HandlerHooks, RecordingHandler } from "./recording_handler.ts";
import { waitFor } from "./wait.ts";

/** An endpoint of a test and what its connections reported. */
export interface LabEndpoint {
  readonly endpoint: QuicEndpoint;
  readonly handler: RecordingHandler;
}

/** A client connection of a test and what it reported. */
export interface LabConnection extends LabEndpoint {
  readonly connection: QuicConnection;
}

/** What differs from a server without Retry that asks for no client certificates. */
export interface LabServerOptions
  extends Omit<Partial<EndpointOptions>, "server">, Omit<Partial<ServerOptions>, "handler"> {
  readonly hooks?: HandlerHooks;
}

/** What differs from a client that verifies `ztna-server` and presents no certificate. */
export interface LabClientOptions {
  /** `null`: no name is sent and none checked. */
  readonly serverName?: string | null;
  readonly tls?: ConnectOptions["tls"];
  readonly hooks?: HandlerHooks;
  /** Another connection of an endpoint that exists; by default a new endpoint is made. */
  readonly endpoint?: QuicEndpoint;
  readonly endpointOptions?: Partial<EndpointOptions>;
}

const loopback = { hostname: "127.0.0.1", port: 0 };

/**
 * Endpoints on loopback for one test. Disposing of it closes them, and fails the test when one has
 * kept anything, or has not reported the end of each connection exactly once.
 */
export class QuicLab implements AsyncDisposable {
  readonly certificates: TestCertificates;
  readonly #identity: TestIdentity;
  readonly #endpoints: QuicEndpoint[] = [];
  readonly #handlers: RecordingHandler[] = [];
  readonly #connections: QuicConnection[] = [];

  /** `identity` is the server's. */
  constructor(certificates: TestCertificates, identity: TestIdentity) {
    this.certificates = certificates;
    this.#identity = identity;
  }

  /** Starts a server. */
  startServer(options: LabServerOptions = {}): LabEndpoint {
    const { hooks, tls, retry, maxConnections, externalHostname, ...endpointOptions } = options;
    const handler = this.#newHandler(hooks);
    const endpoint = QuicEndpoint.bind({
      ...loopback,
      ...endpointOptions,
      server: {
        tls: tls ?? { identity: this.#identity, clientCertificate: "none" },
        retry,
        handler,
        ...(maxConnections === undefined ? {} : { maxConnections }),
        ...(externalHostname === undefined ? {} : { externalHostname }),
      },
    });
    this.#endpoints.push(endpoint);
    return { endpoint, handler };
  }

  /** Starts to connect. */
  connect(remote: SocketAddress, options: LabClientOptions = {}): LabConnection {
    const { serverName = "ztna-server", endpointOptions } = options;
    const endpoint = options.endpoint ?? QuicEndpoint.bind({ ...loopback, ...endpointOptions });
    if (options.endpoint === undefined) this.#endpoints.push(endpoint);
    const handler = this.#newHandler(options.hooks);
    const connection = endpoint.connect({
      ...(serverName === null ? {} : { serverName }),
      tls: options.tls ?? { caFile: this.certificates.caFile, verifyPeer: true },
      remote,
      handler,
    });
    this.#connections.push(connection);
    return { endpoint, handler, connection };
  }

  /** Connects and waits until the handshake is complete. */
  async connectEstablished(
    remote: SocketAddress,
    options?: LabClientOptions,
  ): Promise<LabConnection> {
    const client = this.connect(remote, options);
    await waitFor(() => client.connection.isEstablished, "the handshake");
    return client;
  }

  /** A server and a connection to it that is established on both sides. */
  async connectedPair(
    serverOptions?: LabServerOptions,
    clientOptions?: LabClientOptions,
  ): Promise<{ server: LabEndpoint; client: LabConnection; accepted: QuicConnection }> {
    const server = this.startServer(serverOptions);
    const client = await this.connectEstablished(server.endpoint.address, clientOptions);
    const accepted = await waitFor(() => server.handler.established[0], "the server's side");
    return { server, client, accepted };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const endpoint of this.#endpoints) await endpoint[Symbol.asyncDispose]();
    for (const { stats } of this.#endpoints) {
      const { connections, handshaking, establishedConnections, datagramsWaiting } = stats;
      assertEquals(
        { connections, handshaking, establishedConnections, datagramsWaiting },
        { connections: 0, handshaking: 0, establishedConnections: 0, datagramsWaiting: 0 },
        "A closed endpoint has kept something",
      );
    }
    const timesClosed = new Map<QuicConnection, number>();
    for (const handler of this.#handlers) {
      for (const connection of handler.established) timesClosed.set(connection, 0);
    }
    for (const connection of this.#connections) timesClosed.set(connection, 0);
    for (const handler of this.#handlers) {
      for (const [connection, times] of handler.timesClosed) timesClosed.set(connection, times);
    }
    const wrong = [...timesClosed.values()].filter((times) => times !== 1);
    assertEquals(wrong, [], "The end of each connection must be reported once");
  }

  #newHandler(hooks?: HandlerHooks): RecordingHandler {
    const handler = new RecordingHandler(hooks);
    this.#handlers.push(handler);
    return handler;
  }
}

/** Waits until `server` has processed `count` packets since its start. */
export async function waitForPackets(server: LabEndpoint, count: number): Promise<void> {
  const { stats } = server.endpoint;
  await waitFor(() => stats.packetsReceived >= count, `${count} packets`);
}

/** The reasons for which an endpoint has dropped packets, and how many. */
export function dropsOf(stats: EndpointStats): Partial<Record<PacketDropReason, number>> {
  return Object.fromEntries(Object.entries(stats.packetsDropped).filter(([, count]) => count > 0));
}
