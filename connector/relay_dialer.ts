import type { Clock } from "../tunnel/clock.ts";
import type { Logger } from "../tunnel/log.ts";
import type { SocketAddress } from "../tunnel/quic/address.ts";
import type { CloseReason } from "../tunnel/quic/connection_handler.ts";
import { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import type { ClientTls } from "../tunnel/quic/tls_config.ts";
import type { ReplyChannel } from "./reply_channel.ts";

/** What of a connection to a relay an uplink uses; a `QuicConnection` is one. */
export interface RelayConnection extends ReplyChannel {
  keepAlive(intervalMs: number): void;
  /** Sends something that the relay must answer. */
  ping(): void;
}

/** What an uplink hears of its connection; the rules are those of `ConnectionHandler`. */
export interface RelayConnectionHandler {
  onEstablished(connection: RelayConnection): void;
  onDatagram(connection: RelayConnection, data: Uint8Array): void;
  onClosed(connection: RelayConnection, reason: CloseReason): void;
}

/** A connection that was opened, with whatever else was opened for it. */
export interface RelayLink {
  readonly connection: RelayConnection;
  /** UDP packets that have come for it so far. */
  readonly packetsReceived: number;
  /** Closes it and waits at most `graceMs` until the relay knows. Also after it has closed. */
  close(code: number, reason: string, graceMs: number): Promise<void>;
}

/** Opens connections to relays. */
export interface RelayDialer {
  /** @throws {Error} when this machine can't even try. */
  dial(remote: SocketAddress, handler: RelayConnectionHandler): RelayLink;
}

/** Traffic of all connections so far, on the wire. */
export interface DialerTraffic {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

const counters = ["packetsSent", "packetsReceived", "bytesSent", "bytesReceived"] as const;

/** What a {@linkcode QuicDialer} needs. */
export interface QuicDialerOptions {
  /** Its files are read for each connection. */
  readonly tls: ClientTls;
  /** The name that relays' certificates must carry; also sent as SNI. */
  readonly serverName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Dials over QUIC, from a fresh UDP port each time: a NAT or firewall that has come to swallow the
 * old port's packets would swallow those of all later attempts, too.
 */
export class QuicDialer implements RelayDialer {
  readonly #options: QuicDialerOptions;
  readonly #endpoints = new Set<QuicEndpoint>();
  readonly #ended = {
    packetsSent: 0,
    packetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };

  constructor(options: QuicDialerOptions) {
    this.#options = options;
  }

  /** @throws {ConfigError} when there is no socket to have, or a TLS file cannot be used. */
  dial(remote: SocketAddress, handler: RelayConnectionHandler): RelayLink {
    const { tls, serverName, clock, logger } = this.#options;
    const hostname = remote.hostname.includes(":") ? "::" : "0.0.0.0";
    const endpoint = QuicEndpoint.bind({ hostname, port: 0, clock, logger });
    try {
      const connection = endpoint.connect({ remote, serverName, tls, handler });
      this.#endpoints.add(endpoint);
      return {
        connection,
        get packetsReceived(): number {
          return endpoint.stats.packetsReceived;
        },
        close: async (code, reason, graceMs) => {
          // Not from within a callback of the endpoint that it shuts.
          await Promise.resolve();
          await endpoint.close(code, reason, graceMs);
          if (this.#endpoints.delete(endpoint)) this.#addUp(endpoint);
        },
      };
    } catch (error) {
      void endpoint.close(0, "", 0);
      throw error;
    }
  }

  /** Everything sent and received since the start. */
  traffic(): DialerTraffic {
    const sum = { ...this.#ended };
    for (const { stats } of this.#endpoints) {
      for (const counter of counters) sum[counter] += stats[counter];
    }
    return sum;
  }

  #addUp(endpoint: QuicEndpoint): void {
    for (const counter of counters) this.#ended[counter] += endpoint.stats[counter];
  }
}
