import type { Clock } from "../clock.ts";
import type { ForwardingTimes } from "../forwarding_time.ts";
import type { Logger } from "../log.ts";
import type { SocketAddress } from "./address.ts";
import type { ConnectionHandler } from "./connection_handler.ts";
import type { RetryTokens } from "./retry_tokens.ts";
import type { ClientTls, ServerTls } from "./tls_config.ts";

/** What makes an endpoint accept connections. */
export interface ServerOptions {
  readonly tls: ServerTls;
  /** Validates client addresses before anything is stored; `undefined` turns Retry off. */
  readonly retry: RetryTokens | undefined;
  readonly handler: ConnectionHandler;
  /** Default 20,000. */
  readonly maxConnections?: number;
  /** The numeric address that clients reach us at, when it is not the socket's (1:1 NAT). */
  readonly externalHostname?: string;
}

/** How an endpoint is made. */
export interface EndpointOptions {
  /** Numeric address to bind. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Names this process in connection IDs, 4 bytes; random by default. */
  readonly instance?: Uint8Array;
  /** Accept connections; without it the endpoint is a client only. */
  readonly server?: ServerOptions;
  /**
   * 32 bytes that make stateless reset tokens. Processes with the same key can tell peers of a
   * crashed one that their connection is gone; without it no resets are sent.
   */
  readonly resetKey?: Uint8Array;
  /** Default 300,000 ms (protocol section 1.6). */
  readonly connectionIdRotationMs?: number;
  /** Times DATAGRAMs that are forwarded; its batches begin here, and by other sockets' packets. */
  readonly forwarding?: ForwardingTimes;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** How a client connection is made. */
export interface ConnectOptions {
  readonly remote: SocketAddress;
  /** Sent as SNI; with `verifyPeer` the server's certificate must carry it. */
  readonly serverName?: string;
  /** Reuse the object for connections that share it: its files are read once per object. */
  readonly tls: ClientTls;
  readonly handler: ConnectionHandler;
}
