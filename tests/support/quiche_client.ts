import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { QuicConnection, SendResult } from "../../tunnel/quic/connection.ts";
import type { CloseReason } from "../../tunnel/quic/connection_handler.ts";
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import type { ClientTls } from "../../tunnel/quic/tls_config.ts";
import { TunnelClient } from "./tunnel_client.ts";
import { waitFor } from "./wait.ts";

/** How a {@linkcode QuicheClient} connects. */
export interface QuicheClientOptions {
  readonly remote: SocketAddress;
  readonly tls: ClientTls;
  /** `ztna-server` by default. */
  readonly serverName?: string;
}

/** A client on our own endpoint. */
export class QuicheClient extends TunnelClient {
  readonly connection: QuicConnection;
  readonly endpoint: QuicEndpoint;
  /** Why the connection has ended. */
  closeReason: CloseReason | undefined;

  /** Starts to connect. */
  constructor(options: QuicheClientOptions) {
    super();
    const { remote, tls, serverName = "ztna-server" } = options;
    const hostname = remote.hostname.includes(":") ? "::1" : "127.0.0.1";
    this.endpoint = QuicEndpoint.bind({ hostname, port: 0 });
    this.connection = this.endpoint.connect({
      remote,
      serverName,
      tls,
      handler: {
        onEstablished: () => {},
        onDatagram: (_, data) => this.receive(data),
        onClosed: (_, reason) => this.closeReason = reason,
      },
    });
  }

  /** Connects and waits until the handshake is complete. */
  static async connect(options: QuicheClientOptions): Promise<QuicheClient> {
    const client = new QuicheClient(options);
    await waitFor(() => client.connection.isEstablished, "the handshake");
    return client;
  }

  override send(message: Uint8Array): SendResult {
    return this.connection.sendDatagram(message);
  }

  override async close(): Promise<void> {
    await this.endpoint.close(0, "client closed", 0);
  }

  /** Waits for the end of the connection. */
  async closed(): Promise<CloseReason> {
    return await waitFor(() => this.closeReason, "the end of the connection");
  }
}
