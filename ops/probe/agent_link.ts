import { lookup } from "node:dns/promises";
import type { Clock, Timer } from "../../tunnel/clock.ts";
import { ZtnaError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { formatSocketAddress, type SocketAddress } from "../../tunnel/quic/address.ts";
import type { QuicConnection, SendResult } from "../../tunnel/quic/connection.ts";
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import type { ClientTls } from "../../tunnel/quic/tls_config.ts";
import { connectionError, RelayUnreachableError } from "./agent_errors.ts";

/** Where and how a link connects. */
export interface AgentLinkOptions {
  /** `hostname` may be a DNS name; it is resolved for each link. */
  readonly relay: SocketAddress;
  readonly serverName?: string;
  readonly tls: ClientTls;
  /** Used instead of an endpoint of the link's own, and not closed with it. */
  readonly endpoint?: QuicEndpoint;
  /** For the handshake. */
  readonly connectTimeoutMs: number;
  /** What a user can do when nothing answers; goes to the end of the message. */
  readonly unreachableHint?: string;
  /** A link that hears nothing for so long is dead; not looked at with a given `endpoint`. */
  readonly deadAfterMs: number;
  readonly clock: Clock;
}

/** What a link reports. */
export interface AgentLinkEvents {
  /** The handshake is complete; the relay may still refuse our certificate. */
  onEstablished(): void;
  /** One DATAGRAM, valid during the call. */
  onDatagram(data: Uint8Array): void;
  /** The link is over; exactly once, but not after `close()`. */
  onEnded(error: ZtnaError): void;
}

/** Protocol section 1.7: agents let themselves be heard every 10 s. */
const keepAliveMs = 10_000;
/** Checks for signs of life, and pings, in the time after which the relay counts as dead. */
const checksPerDeadTime = 4;
/** How long our close may take to reach the relay. */
const closeGraceMs = 250;

/** One QUIC connection to a relay, from the resolution of its name to its end. */
export class AgentLink {
  readonly #options: AgentLinkOptions;
  readonly #events: AgentLinkEvents;
  #endpoint: QuicEndpoint | undefined;
  #connection: QuicConnection | undefined;
  #timer: Timer | undefined;
  #isOver = false;
  #closed: Promise<void> | undefined;
  #packetsSeen = 0;
  #lastSeenMs = 0;
  #silentChecks = 0;

  /** Starts to connect at once. */
  constructor(options: AgentLinkOptions, events: AgentLinkEvents) {
    this.#options = options;
    this.#events = events;
    const { clock, connectTimeoutMs } = options;
    this.#timer = clock.setTimer(() => this.#onConnectTimeout(), connectTimeoutMs);
    void this.#start();
  }

  /** The relay's certificate chain in DER, leaf first; empty without a connection. */
  get peerCertificates(): readonly Uint8Array[] {
    return this.#connection?.peerCertificates() ?? [];
  }

  /** Longest DATAGRAM in bytes; 0 without an established connection. */
  get maxDatagramLength(): number {
    return this.#connection?.maxDatagramLength ?? 0;
  }

  /** Sends one DATAGRAM; `data` is copied. */
  send(data: Uint8Array): SendResult {
    return this.#connection?.sendDatagram(data) ?? "closed";
  }

  /** Says goodbye to the relay and releases the socket; when that is done it resolves. */
  close(): Promise<void> {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    this.#closed ??= this.#release();
    return this.#closed;
  }

  async #release(): Promise<void> {
    const reason = "agent closed";
    this.#connection?.close(0, reason);
    if (this.#options.endpoint === undefined) await this.#endpoint?.close(0, reason, closeGraceMs);
  }

  async #start(): Promise<void> {
    try {
      const remote = await this.#resolve();
      if (this.#isOver) return;
      const { serverName, tls } = this.#options;
      this.#endpoint = this.#options.endpoint ?? QuicEndpoint.bind({
        hostname: remote.hostname.includes(":") ? "::" : "0.0.0.0",
        port: 0,
      });
      this.#connection = this.#endpoint.connect({
        remote,
        ...(serverName === undefined ? {} : { serverName }),
        tls,
        handler: {
          onEstablished: (connection) => this.#onEstablished(connection),
          onDatagram: (_connection, data) => {
            if (!this.#isOver) this.#events.onDatagram(data);
          },
          onClosed: (_connection, reason) => this.#end(connectionError(reason, this.#relayText)),
        },
      });
    } catch (error) {
      if (error instanceof ZtnaError) return this.#end(error);
      const reason = error instanceof Error ? error.message : String(error);
      this.#end(
        new RelayUnreachableError(
          `Cannot connect to the relay at ${this.#relayText}: ${reason}`,
          { cause: error },
        ),
      );
    }
  }

  /** With the system's resolver, which knows /etc/hosts; numeric addresses stay as they are. */
  async #resolve(): Promise<SocketAddress> {
    const { hostname, port } = this.#options.relay;
    try {
      const found = await lookup(hostname, { all: true });
      // Relays listen on IPv4 at least: observed addresses have no other form.
      const address = found.find(({ family }) => family === 4) ?? found[0];
      if (address !== undefined) return { hostname: address.address, port };
    } catch (error) {
      throw this.#unresolved({ cause: error });
    }
    throw this.#unresolved();
  }

  #unresolved(options?: ErrorOptions): RelayUnreachableError {
    return new RelayUnreachableError(
      `Cannot find the relay as its name does not resolve: current value is ` +
        quote(this.#options.relay.hostname),
      options,
    );
  }

  get #relayText(): string {
    return formatSocketAddress(this.#options.relay);
  }

  #onConnectTimeout(): void {
    const { connectTimeoutMs, unreachableHint } = this.#options;
    this.#end(
      new RelayUnreachableError(
        `Cannot reach the relay at ${this.#relayText} as it does not answer: waited ` +
          `${connectTimeoutMs / 1000} s` +
          (unreachableHint === undefined ? "" : `; ${unreachableHint}`),
      ),
    );
  }

  #onEstablished(connection: QuicConnection): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#isOver) return;
    const { deadAfterMs, endpoint, clock } = this.#options;
    if (endpoint === undefined && deadAfterMs < Infinity) {
      const checkMs = deadAfterMs / checksPerDeadTime;
      connection.keepAlive(Math.min(keepAliveMs, checkMs));
      this.#lastSeenMs = clock.now();
      this.#checkLife(checkMs);
    } else {
      connection.keepAlive(keepAliveMs);
    }
    this.#events.onEstablished();
  }

  /**
   * Checks are counted, not only timed: after a pause of this process one check is late, but the
   * packets that came meanwhile are read before the next one.
   */
  #checkLife(everyMs: number): void {
    const { clock } = this.#options;
    const now = clock.now();
    const packets = this.#endpoint!.stats.packetsReceived;
    this.#silentChecks += 1;
    if (packets !== this.#packetsSeen) {
      this.#packetsSeen = packets;
      this.#lastSeenMs = now;
      this.#silentChecks = 0;
    } else if (this.#silentChecks >= checksPerDeadTime) {
      return this.#end(
        new RelayUnreachableError(
          `Lost the relay at ${this.#relayText}: nothing has come from it for ` +
            `${Math.round(now - this.#lastSeenMs)} ms`,
        ),
      );
    }
    this.#timer = clock.setTimer(() => this.#checkLife(everyMs), everyMs);
  }

  #end(error: ZtnaError): void {
    if (this.#isOver) return;
    void this.close();
    this.#events.onEnded(error);
  }
}
