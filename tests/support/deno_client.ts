import type { SocketAddress } from "../../tunnel/quic/address.ts";
import { TunnelClient } from "./tunnel_client.ts";

/** How a {@linkcode DenoClient} connects. */
export interface DenoClientOptions {
  readonly remote: SocketAddress;
  /** The authority of the relay's certificate, in PEM. */
  readonly caPem: string;
  /** `ztna-server` by default. */
  readonly serverName?: string;
  /** `ztna-v1` by default. */
  readonly alpn?: string;
  /** The certificate to present, and its key, in PEM. */
  readonly identity?: { readonly certificatePem: string; readonly keyPem: string };
}

/** Deno takes a client certificate, which its types don't say. */
interface ConnectOptions extends Deno.ConnectQuicOptions<false> {
  readonly cert?: string;
  readonly key?: string;
}

/**
 * A client on Deno's own QUIC (the Rust library Quinn): an implementation that has nothing in
 * common with ours.
 */
export class DenoClient extends TunnelClient {
  readonly connection: Deno.QuicConn;
  readonly #endpoint: Deno.QuicEndpoint;
  readonly #reading: Promise<void>;

  private constructor(endpoint: Deno.QuicEndpoint, connection: Deno.QuicConn) {
    super();
    this.#endpoint = endpoint;
    this.connection = connection;
    this.#reading = this.#read();
  }

  /** Connects, verifying the relay's certificate, and waits until the handshake is complete. */
  static async connect(options: DenoClientOptions): Promise<DenoClient> {
    const { remote, caPem, serverName = "ztna-server", alpn = "ztna-v1", identity } = options;
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    try {
      const connectOptions: ConnectOptions = {
        hostname: remote.hostname,
        port: remote.port,
        serverName,
        alpnProtocols: [alpn],
        caCerts: [caPem],
        endpoint,
        ...identity && { cert: identity.certificatePem, key: identity.keyPem },
      };
      const connection = await Deno.connectQuic(connectOptions);
      return new DenoClient(endpoint, connection);
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  /** Its own address. */
  get address(): SocketAddress {
    const { hostname, port } = this.#endpoint.addr;
    return { hostname, port };
  }

  /** How the relay has closed the connection; resolves when it has ended. */
  get closed(): Promise<Deno.QuicCloseInfo> {
    return this.connection.closed;
  }

  override send(message: Uint8Array): void {
    this.connection.sendDatagram(message).catch(() => {
      // Lost, as DATAGRAMs are when the connection has ended.
    });
  }

  override async close(): Promise<void> {
    this.connection.close({ closeCode: 0, reason: "client closed" });
    await this.#reading;
    this.#endpoint.close();
  }

  async #read(): Promise<void> {
    for (;;) {
      try {
        this.receive(await this.connection.readDatagram());
      } catch {
        return;
      }
    }
  }
}
