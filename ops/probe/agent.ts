import { Backoff } from "../../tunnel/backoff.ts";
import { type Clock, systemClock, type Timer } from "../../tunnel/clock.ts";
import { ConfigError, type ZtnaError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { SendResult } from "../../tunnel/quic/connection.ts";
import type { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import type { ClientTls } from "../../tunnel/quic/tls_config.ts";
import {
  decodeObservedAddress,
  decodeRegistrationReply,
  encodeRegistration,
  encodeRouted,
  messageType,
} from "../../tunnel/wire/datagram_message.ts";
import { parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { deniedError, RegistrationError, silentError } from "./agent_errors.ts";
import { AgentLink } from "./agent_link.ts";
import { defaultSourceAddress, type InnerAddress } from "./probe_flow.ts";
import { Registration, registrationSends } from "./registration.ts";

/** What happens to an agent. */
export type AgentEvent =
  /** All services are registered, at first or again. */
  | { readonly kind: "ready" }
  /** The connection, or the registration on it, is gone; the agent tries to get it back. */
  | { readonly kind: "lost"; readonly error: ZtnaError }
  /** An attempt to get it back has failed; another one follows. */
  | { readonly kind: "attempt_failed"; readonly error: ZtnaError };

/** How an agent connects and what it does with what it receives. */
export interface SyntheticAgentOptions {
  /** `hostname` may be a DNS name, resolved again for each connection. */
  readonly relay: SocketAddress;
  /** Sent as SNI; with `tls.verifyPeer` the relay's certificate must carry it. */
  readonly serverName?: string;
  readonly tls: ClientTls;
  /** Services to register for; none by default. */
  readonly services?: readonly string[];
  /** Source address of `sendUdp`; 100.64.0.1 by default. */
  readonly innerAddress?: string;
  /** Connect and register again after a loss, for ever; on by default. */
  readonly reconnect?: boolean;
  /** For the first handshake; 5,000 by default. */
  readonly connectTimeoutMs?: number;
  /**
   * A relay from which nothing has come for so long, pings unanswered, is given up; 5,000 by
   * default, `Infinity` leaves it to QUIC (30 s).
   */
  readonly deadAfterMs?: number;
  /** Share one endpoint among many agents; then `deadAfterMs` is not looked at. */
  readonly endpoint?: QuicEndpoint;
  /** Everything received that is not the relay's own message; valid during the call. */
  readonly onPacket?: (packet: Uint8Array) => void;
  readonly onEvent?: (event: AgentEvent) => void;
  readonly clock?: Clock;
  /** 0 up to 1, for back-off; `Math.random` by default. */
  readonly random?: () => number;
}

/** A UDP packet to send through the tunnel. */
export interface UdpSendOptions {
  /** The service whose `0x2F` wrapper it gets; without one it is sent raw (protocol 2.7). */
  readonly serviceId?: string;
  /** `innerAddress` and port 40,000 by default. */
  readonly source?: InnerAddress;
  readonly destination: InnerAddress;
  readonly payload: Uint8Array;
}

/** Back-off of reconnection: short, because a probe measures how long the tunnel is away. */
const retryBaseMs = 50;
const retryMaxMs = 1000;
/**
 * Reconnection attempts are cut short and repeated with a fresh Initial: QUIC itself would repeat
 * it after 1 s, then 2 s, and so notice the relay's return late. Enough for round trips of 80 ms
 * at first (Retry makes it three), doubling.
 */
const attemptBaseMs = 250;
const attemptMaxMs = 2000;
const defaultConnectTimeoutMs = 5000;
const defaultDeadAfterMs = 5000;
const defaultSourcePort = 40_000;

/**
 * An agent without a device behind it: connects to a relay, registers for services (protocol
 * sections 2.3 to 2.5), sends and receives packets, and comes back by itself after a loss.
 */
export class SyntheticAgent implements AsyncDisposable {
  readonly #options: SyntheticAgentOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #registrations = new Map<string, Registration>();
  readonly #waiters = new Map<string, PromiseWithResolvers<void>>();
  readonly #firstConnection = Promise.withResolvers<void>();
  #link: AgentLink | undefined;
  /** The present link and those that are still closing. */
  readonly #links = new Set<AgentLink>();
  #isEstablished = false;
  /** Everything was registered once on this connection; cleared with it. */
  #isReady = false;
  #hasBeenReady = false;
  #isClosed = false;
  #registrationTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #observedAddress: SocketAddress | undefined;
  #connections = 0;

  private constructor(options: SyntheticAgentOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = new Backoff({
      baseMs: retryBaseMs,
      maxMs: retryMaxMs,
      random: options.random ?? Math.random,
    });
  }

  /**
   * Connects, and registers for `options.services`.
   *
   * @throws {RelayUnreachableError} when the relay does not answer or its name does not resolve.
   * @throws {ConnectionRefusedError} when one side does not accept the other's certificate.
   * @throws {RegistrationError} on a NACK, or when a registration stays unanswered.
   * @throws {ConfigError} for a TLS file or a service ID that cannot be used.
   * @throws `signal.reason` when it aborts first.
   */
  static async connect(
    options: SyntheticAgentOptions & { readonly signal?: AbortSignal },
  ): Promise<SyntheticAgent> {
    const { signal, services = [], connectTimeoutMs = defaultConnectTimeoutMs } = options;
    signal?.throwIfAborted();
    for (const serviceId of services) registrationMessage(serviceId);
    const agent = new SyntheticAgent(options);
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal!.reason);
    signal?.addEventListener("abort", abort);
    try {
      const registered = services.map((serviceId) => agent.register(serviceId));
      agent.#open(
        connectTimeoutMs,
        "check the address, that the relay runs, and firewalls for UDP",
      );
      const ready = Promise.all([agent.#firstConnection.promise, ...registered]);
      await Promise.race([ready, aborted.promise]);
      agent.#hasBeenReady = true;
      return agent;
    } catch (error) {
      await agent.close();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Whether there is an established connection. */
  get isConnected(): boolean {
    return this.#isEstablished;
  }

  /** Whether all services are registered on the present connection. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Connections established so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Our address as the relay sees it (protocol section 2.2), once it has told it. */
  get observedAddress(): SocketAddress | undefined {
    return this.#observedAddress;
  }

  /** Longest DATAGRAM in bytes; 0 while not connected. */
  get maxDatagramLength(): number {
    return this.#isEstablished ? this.#link!.maxDatagramLength : 0;
  }

  /**
   * Registers for one more service, also again after each reconnection.
   *
   * @throws {RegistrationError} on a NACK, or when it stays unanswered.
   * @throws {ConfigError} for an ID that cannot be sent.
   */
  async register(serviceId: string): Promise<void> {
    registrationMessage(serviceId);
    const registration = this.#registrations.get(serviceId) ?? new Registration(serviceId);
    if (registration.state === "registered") return;
    this.#registrations.set(serviceId, registration);
    const waiter = this.#waiters.get(serviceId) ?? Promise.withResolvers<void>();
    this.#waiters.set(serviceId, waiter);
    this.#isReady = false;
    this.#pollRegistrations();
    await waiter.promise;
  }

  /** Sends `datagram` as it is: a packet for implicit routing, or any bytes at all. */
  send(datagram: Uint8Array): SendResult {
    return this.#isEstablished ? this.#link!.send(datagram) : "closed";
  }

  /** Sends a packet for `serviceId` in a `0x2F` wrapper (protocol section 2.6). */
  sendRouted(serviceId: string, packet: Uint8Array): SendResult {
    const datagram = encodeRouted(serviceId, packet);
    return isWireError(datagram) ? "too_long" : this.send(datagram);
  }

  /**
   * Builds and sends one UDP packet.
   *
   * @throws {ConfigError} for an inner address that is not IPv4.
   */
  sendUdp(options: UdpSendOptions): SendResult {
    const { serviceId, destination, payload } = options;
    const source = options.source ??
      { address: this.#options.innerAddress ?? defaultSourceAddress, port: defaultSourcePort };
    const packet = buildUdpPacket({
      source: addressNumber(source.address),
      sourcePort: source.port,
      destination: addressNumber(destination.address),
      destinationPort: destination.port,
      payload,
    });
    return serviceId === undefined ? this.send(packet) : this.sendRouted(serviceId, packet);
  }

  /** Closes the connection and waits until the relay has been told; no event follows. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave();
    this.#rejectWaiters(new RegistrationError("Cannot register as the agent has been closed"));
    await Promise.all([...this.#links].map((link) => link.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(connectTimeoutMs: number, unreachableHint?: string): void {
    const { relay, serverName, tls, endpoint, deadAfterMs = defaultDeadAfterMs } = this.#options;
    const link = new AgentLink({
      relay,
      ...(serverName === undefined ? {} : { serverName }),
      ...(endpoint === undefined ? {} : { endpoint }),
      tls,
      connectTimeoutMs,
      ...(unreachableHint === undefined ? {} : { unreachableHint }),
      deadAfterMs,
      clock: this.#clock,
    }, {
      onEstablished: () => this.#onEstablished(),
      onDatagram: (data) => this.#onDatagram(data),
      onEnded: (error) => this.#onEnded(error),
    });
    this.#link = link;
    this.#links.add(link);
  }

  #onEstablished(): void {
    this.#isEstablished = true;
    this.#connections += 1;
    this.#firstConnection.resolve();
    for (const registration of this.#registrations.values()) registration.reset();
    this.#pollRegistrations();
  }

  #onDatagram(data: Uint8Array): void {
    switch (data[0]) {
      case undefined:
        return;
      case messageType.observedAddress: {
        const address = decodeObservedAddress(data);
        if (!isWireError(address)) this.#observedAddress = address;
        return;
      }
      case messageType.ack:
      case messageType.nack: {
        const reply = decodeRegistrationReply(data);
        if (isWireError(reply)) return;
        this.#registrations.get(reply.serviceId)?.answer(reply);
        return this.#pollRegistrations();
      }
      default:
        this.#options.onPacket?.(data);
    }
  }

  /** Sends what is due, and acts on what has been answered. */
  #pollRegistrations(): void {
    this.#registrationTimer?.[Symbol.dispose]();
    if (!this.#isEstablished) return;
    const now = this.#clock.now();
    let nextPollMs = Infinity;
    for (const registration of [...this.#registrations.values()]) {
      const { serviceId } = registration;
      if (registration.poll(now) === "send") this.#link!.send(registrationMessage(serviceId));
      if (registration.state === "registered") {
        this.#waiters.get(serviceId)?.resolve();
        this.#waiters.delete(serviceId);
      } else if (registration.state === "denied") {
        this.#onRefused(serviceId, deniedError(serviceId, registration.status));
      } else if (registration.state === "silent") {
        this.#onRefused(serviceId, silentError(serviceId, registrationSends));
      }
      nextPollMs = Math.min(nextPollMs, registration.nextPollMs);
    }
    if (!this.#isEstablished) return;
    this.#updateReadiness();
    this.#registrationTimer = this.#clock.setTimer(
      () => this.#pollRegistrations(),
      nextPollMs - now,
    );
  }

  /** A refusal answers whoever waits for it; on a reconnection the agent tries again later. */
  #onRefused(serviceId: string, error: ZtnaError): void {
    const waiter = this.#waiters.get(serviceId);
    if (waiter === undefined) return this.#drop(error);
    this.#registrations.delete(serviceId);
    this.#waiters.delete(serviceId);
    waiter.reject(error);
  }

  #updateReadiness(): void {
    const isReady = [...this.#registrations.values()].every((r) => r.state === "registered");
    if (!isReady || this.#isReady) return;
    this.#isReady = true;
    this.#backoff.reset();
    this.#options.onEvent?.({ kind: "ready" });
  }

  #drop(error: ZtnaError): void {
    if (this.#isEstablished) this.#onEnded(error);
  }

  #onEnded(error: ZtnaError): void {
    if (this.#isClosed) return;
    const link = this.#link!;
    void link.close().finally(() => this.#links.delete(link));
    const wasReady = this.#isReady;
    this.#leave();
    this.#firstConnection.reject(error);
    if (!this.#hasBeenReady || this.#options.reconnect === false) {
      this.#rejectWaiters(error);
      if (wasReady) this.#options.onEvent?.({ kind: "lost", error });
      return;
    }
    this.#options.onEvent?.({ kind: wasReady ? "lost" : "attempt_failed", error });
    const timeoutMs = Math.min(
      this.#options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      attemptMaxMs,
      attemptBaseMs * 2 ** this.#backoff.attempts,
    );
    this.#retryTimer = this.#clock.setTimer(() => this.#open(timeoutMs), this.#backoff.next());
  }

  /** Forgets the connection. */
  #leave(): void {
    this.#isEstablished = false;
    this.#isReady = false;
    this.#registrationTimer?.[Symbol.dispose]();
    this.#retryTimer?.[Symbol.dispose]();
  }

  #rejectWaiters(error: ZtnaError): void {
    for (const waiter of this.#waiters.values()) waiter.reject(error);
    this.#waiters.clear();
  }
}

function registrationMessage(serviceId: string): Uint8Array {
  const message = encodeRegistration("agent", serviceId);
  if (isWireError(message)) {
    throw new ConfigError(`Cannot register for service ${quote(serviceId)}: ${message.message}`);
  }
  return message;
}

function addressNumber(address: string): number {
  const number = parseIpv4Address(address);
  if (number === undefined) {
    throw new ConfigError(
      `Cannot send a packet as its addresses must be IPv4: current value is ${quote(address)}`,
    );
  }
  return number;
}
