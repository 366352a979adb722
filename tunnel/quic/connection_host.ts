import type { Clock } from "../clock.ts";
import type { ForwardingTimes } from "../forwarding_time.ts";
import type { Logger } from "../log.ts";
import type { SocketAddress } from "./address.ts";
import type { QuicConnection } from "./connection.ts";
import type { ConnectionHandler } from "./connection_handler.ts";
import type { EndpointStats } from "./endpoint_stats.ts";
import type { NativeConnection } from "./quiche.ts";
import type { UdpSocket } from "./udp_socket.ts";

/** What a connection needs of its endpoint. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly socket: UdpSocket;
  readonly stats: EndpointStats;
  readonly logger: Logger;
  readonly forwarding: ForwardingTimes;
  /** How often a connection offers a new connection ID, in ms. */
  readonly rotationMs: number;
  /** Whether a connection whose window is closed may queue one more DATAGRAM. */
  mayQueueDatagram(): boolean;
  /** Has `connection.flush()` called at the end of the turn. */
  scheduleFlush(connection: QuicConnection): void;
  /** Has `connection.flush()` called before the acknowledgment delay ends. */
  scheduleAcknowledgment(connection: QuicConnection): void;
  /** Has `connection.onDeadline()` called at `deadline`. */
  setDeadline(connection: QuicConnection, deadline: number): void;
  /** Issues a connection ID that leads to `connection`, which has `sibling` already. */
  issueConnectionId(
    connection: QuicConnection,
    sibling: Uint8Array,
  ): { cid: Uint8Array; resetToken: bigint };
  /** Forgets a connection ID. */
  retireConnectionId(cid: Uint8Array): void;
  /** The connection has left quiche's draining state; nothing of it is needed any more. */
  released(connection: QuicConnection): void;
}

/** What the endpoint knows of a connection that it makes. */
export interface ConnectionSetup {
  readonly id: number;
  readonly isServer: boolean;
  readonly native: NativeConnection;
  readonly handler: ConnectionHandler;
  readonly localAddress: SocketAddress;
  readonly remoteAddress: SocketAddress;
  /** Our first connection ID. */
  readonly sourceCid: Uint8Array;
}
