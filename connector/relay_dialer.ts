import type { Clock } from "../tunnel/clock.ts";
import type { ForwardingTimes } from "../tunnel/forwarding_time.ts";
import type { Logger } from "../tunnel/log.ts";
import type { SocketAddress } from "../tunnel/quic/address.ts";
import type { PathStats } from "../tunnel/quic/connection.ts";
import type { CloseReason } from "../tunnel/quic/connection_handler.ts";
import { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import { SocketMemorySum } from "../tunnel/quic/socket_memory.ts";
import type { ClientTls } from "../tunnel/quic/tls_config.ts";
import type { ReplyChannel } from "./reply_channel.ts";

/** What of a connection to a relay an uplink uses; a `QuicConnection` is one. */
export interface RelayConnection extends ReplyChannel {
  keepAlive(intervalMs: number): void;
  /** Sends something that the relay must answer. */
  ping(): void;
  /** How it fares; asks the native library, which takes some µs. */
  pathStats(): PathStats;
  /** DATAGRAMs that wait for the network to take more. */
  readonly datagramsWaiting: number;
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
  /** Packets that the system refused to send. */
  readonly sendErrors: number;
  /** Faults of ours, each of which closed its connection. */
  readonly handlerErrors: number;
}

const nothing: DialerTraffic = {
  ...{ packetsSent: 0, packetsReceived: 0, bytesSent: 0, bytesReceived: 0 },
  ...{ sendErrors: 0, handlerErrors: 0 },
};

/** With the traffic of one more endpoint. */
function added(sum: DialerTraffic, { stats, sendErrors }: QuicEndpoint): DialerTraffic {
  return {
    packetsSent: sum.packetsSent + stats.packetsSent,
    packetsReceived: sum.packetsReceived + stats.packetsReceived,
    bytesSent: sum.bytesSent + stats.bytesSent,
    bytesReceived: sum.bytesReceived + stats.bytesReceived,
    sendErrors: sum.sendErrors + sendErrors,
    handlerErrors: sum.handlerErrors + stats.handlerErrors,
  };
}

/** What a {@linkcode QuicDialer} needs. */
export interface QuicDialerOptions {
  /** Its files are read for each connection. */
  readonly tls: ClientTls;
  /** The name that relays' certificates must carry; also sent as SNI. */
  readonly serverName: string;
  /** Times packets on their way to relays. */
  readonly forwarding?: ForwardingTimes;
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
  #ended = nothing;
  /** What the system holds for the connections' sockets. */
  readonly sockets = new SocketMemorySum();

  constructor(options: QuicDialerOptions) {
    this.#options = options;
  }

  /** @throws {ConfigError} when there is no socket to have, or a TLS file cannot be used. */
  dial(remote: SocketAddress, handler: RelayConnectionHandler): RelayLink {
    const { tls, serverName, forwarding, clock, logger } = this.#options;
    const hostname = remote.hostname.includes(":") ? "::" : "0.0.0.0";
    const timing = forwarding && { forwarding };
    const endpoint = QuicEndpoint.bind({ hostname, port: 0, ...timing, clock, logger });
    const socket = { memory: () => endpoint.socketMemory() };
    try {
      const connection = endpoint.connect({ remote, serverName, tls, handler });
      this.#endpoints.add(endpoint);
      this.sockets.add(socket);
      return {
        connection,
        get packetsReceived(): number {
          return endpoint.stats.packetsReceived;
        },
        close: async (code, reason, graceMs) => {
          // Not from within a callback of the endpoint that it shuts.
          await Promise.resolve();
          this.sockets.remove(socket);
          await endpoint.close(code, reason, graceMs);
          if (this.#endpoints.delete(endpoint)) this.#ended = added(this.#ended, endpoint);
        },
      };
    } catch (error) {
      void endpoint.close(0, "", 0);
      throw error;
    }
  }

  /** Everything sent and received since the start. */
  traffic(): DialerTraffic {
    return [...this.#endpoints].reduce(added, this.#ended);
  }
}
