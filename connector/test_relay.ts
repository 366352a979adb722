import type { SocketAddress } from "../tunnel/quic/address.ts";
import type { QuicConnection } from "../tunnel/quic/connection.ts";
import type { CloseReason } from "../tunnel/quic/connection_handler.ts";
import { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import type { ServerTls } from "../tunnel/quic/tls_config.ts";
import {
  decodeRegistration,
  encodeObservedAddress,
  encodeRegistrationReply,
  messageType,
} from "../tunnel/wire/datagram_message.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";

/** A connection that a {@linkcode TestRelay} has. */
export interface TestRelayClient {
  readonly connection: QuicConnection;
  /** Service IDs as registered, repeats included. */
  readonly registrations: string[];
  /** Everything else that came. */
  readonly packets: Uint8Array[];
  closed: CloseReason | undefined;
}

/** What to do with a registration: answer with this status (0: ACK), or nothing. */
export type RegistrationAnswer = number | "nothing";

/** For tests of the connector: a relay that forwards nothing and answers as it is told. */
export class TestRelay implements AsyncDisposable {
  /** All connections so far, in order. */
  readonly clients: TestRelayClient[] = [];
  /** How registrations are answered; with ACKs by default. */
  answer: (serviceId: string, client: TestRelayClient) => RegistrationAnswer = () => 0;
  readonly #endpoint: QuicEndpoint;

  /** Listens on the port that another one has just left, as soon as the system lets it. */
  static async succeed(predecessor: TestRelay, tls: ServerTls): Promise<TestRelay> {
    const { port } = predecessor.address;
    for (const endMs = performance.now() + 5000;;) {
      try {
        return new TestRelay({ tls, port });
      } catch (error) {
        if (performance.now() > endMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  /** Listens on loopback. */
  constructor(options: { tls: ServerTls; port?: number; hostname?: string }) {
    const { tls, port = 0, hostname = "127.0.0.1" } = options;
    const byConnection = new Map<QuicConnection, TestRelayClient>();
    this.#endpoint = QuicEndpoint.bind({
      hostname,
      port,
      server: {
        tls,
        retry: undefined,
        handler: {
          onEstablished: (connection): void => {
            const client = { connection, registrations: [], packets: [], closed: undefined };
            byConnection.set(connection, client);
            this.clients.push(client);
            const observed = encodeObservedAddress(connection.remoteAddress);
            if (!isWireError(observed)) connection.sendDatagram(observed);
          },
          onDatagram: (connection, data): void =>
            this.#onDatagram(byConnection.get(connection)!, data),
          onClosed: (connection, reason): void => {
            const client = byConnection.get(connection);
            if (client !== undefined) client.closed = reason;
          },
        },
      },
    });
  }

  get address(): SocketAddress {
    return this.#endpoint.address;
  }

  /** The newest connection on which a service is registered or has tried. */
  clientOf(serviceId: string): TestRelayClient | undefined {
    return this.clients.findLast(({ registrations }) => registrations.includes(serviceId));
  }

  /** Goes away without a word, as a killed process does. */
  async vanish(): Promise<void> {
    for (const { connection } of this.clients) connection.close = (): void => {};
    await this.#endpoint.close(0, "", 0);
  }

  /** Closes all connections as relays do when they stop. */
  async stop(): Promise<void> {
    await this.#endpoint.close(0, "server shutting down", 500);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#endpoint.close(0, "", 0);
  }

  #onDatagram(client: TestRelayClient, data: Uint8Array): void {
    if (data[0] !== messageType.registerConnector) {
      client.packets.push(data.slice());
      return;
    }
    const registration = decodeRegistration(data);
    if (isWireError(registration)) return;
    const { serviceId } = registration;
    client.registrations.push(serviceId);
    const status = this.answer(serviceId, client);
    if (status === "nothing") return;
    const reply = encodeRegistrationReply({ accepted: status === 0, status, serviceId });
    if (!isWireError(reply)) client.connection.sendDatagram(reply);
  }
}
