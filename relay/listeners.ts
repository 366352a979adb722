import type { SocketAddress } from "../tunnel/quic/address.ts";
import { instanceLength } from "../tunnel/quic/connection_id.ts";
import type { ConnectionHandler } from "../tunnel/quic/connection_handler.ts";
import { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import type { EndpointOptions } from "../tunnel/quic/endpoint_options.ts";
import { RetryTokens } from "../tunnel/quic/retry_tokens.ts";
import type { RelayConfig } from "./config.ts";
import { resetKeyOf, retryKeyLength } from "./retry_key.ts";

/**
 * The relay's endpoints, one for each address that it listens on (fault LR30). They share keys and
 * the name of the instance; a client may use any of them.
 */
export class Listeners {
  /** At least one; in the order of the configuration. */
  readonly endpoints: readonly QuicEndpoint[];

  private constructor(endpoints: readonly QuicEndpoint[]) {
    this.endpoints = endpoints;
  }

  /**
   * Binds all addresses.
   *
   * @throws ConfigError when one can't be bound, or a TLS file can't be used; then none is bound.
   */
  static bind(
    config: RelayConfig,
    options: Pick<EndpointOptions, "instance" | "forwarding" | "clock" | "logger">,
    handler: ConnectionHandler,
  ): Listeners {
    const { caFile, externalAddress, retryKey, certificateFile, keyFile } = config;
    const tokenKey = retryKey ?? crypto.getRandomValues(new Uint8Array(retryKeyLength));
    const shared: Omit<EndpointOptions, "hostname" | "port"> = {
      ...options,
      instance: options.instance ?? crypto.getRandomValues(new Uint8Array(instanceLength)),
      // Resets need a key that has outlived the process whose connections they end.
      ...retryKey && { resetKey: resetKeyOf(retryKey) },
      server: {
        tls: {
          identity: { certificateFile, keyFile },
          ...caFile !== undefined && { caFile },
          // A strict server trusts the given authorities alone; one that merely asks trusts the
          // system's as well, whose certificates then authorise nothing.
          clientCertificate: config.requireClientCertificate
            ? "require"
            : caFile === undefined
            ? "none"
            : "request",
        },
        retry: config.retry ? new RetryTokens(tokenKey) : undefined,
        handler,
        maxConnections: config.maxConnections,
        ...externalAddress !== undefined && { externalHostname: externalAddress },
      },
    };
    const endpoints: QuicEndpoint[] = [];
    try {
      for (const hostname of config.bindAddresses) {
        endpoints.push(QuicEndpoint.bind({ ...shared, hostname, port: config.port }));
      }
    } catch (error) {
      for (const endpoint of endpoints) void endpoint.close(0, "", 0);
      throw error;
    }
    return new Listeners(endpoints);
  }

  /** Names this process in the connection IDs that it issues; 4 bytes. */
  get instance(): Uint8Array {
    return this.endpoints[0]!.instance;
  }

  /** Where clients reach the relay, in the order of the configuration. */
  get addresses(): SocketAddress[] {
    return this.endpoints.map(({ address }) => address);
  }

  /** A number of all endpoints together. */
  total(read: (endpoint: QuicEndpoint) => number): number {
    return this.endpoints.reduce((sum, endpoint) => sum + read(endpoint), 0);
  }

  /** Tells new clients from now on that they are refused; see `QuicEndpoint`. */
  refuseNewConnections(reason: string): void {
    for (const endpoint of this.endpoints) endpoint.refuseNewConnections(reason);
  }

  /**
   * Reads the TLS files again, for new connections.
   *
   * @throws ConfigError when one can't be used; then nothing has changed.
   */
  reloadTls(): void {
    for (const endpoint of this.endpoints) endpoint.reloadTls();
  }

  /** Closes all connections, waits for their end (at most `graceMs`), and lets the ports go. */
  async close(code: number, reason: string, graceMs: number): Promise<void> {
    await Promise.all(this.endpoints.map((endpoint) => endpoint.close(code, reason, graceMs)));
  }
}
