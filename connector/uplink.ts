import type { Clock, Timer } from "../tunnel/clock.ts";
import { formatSocketAddress, type SocketAddress } from "../tunnel/quic/address.ts";
import type { CloseReason } from "../tunnel/quic/connection_handler.ts";
import {
  decodeObservedAddress,
  decodeRegistrationReply,
  encodeRegistration,
  messageType,
  nackStatus,
} from "../tunnel/wire/datagram_message.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import type { ConnectorLimits } from "./limits.ts";
import { type Lookup, resolveHost } from "./lookup.ts";
import type {
  RelayConnection,
  RelayConnectionHandler,
  RelayDialer,
  RelayLink,
} from "./relay_dialer.ts";
import type { Service, ServiceSession } from "./service.ts";
import type { Target } from "./target.ts";
import { describeClose } from "./uplink_cause.ts";
import { type UplinkEvent, UplinkMachine, type UplinkState } from "./uplink_machine.ts";

/** What an {@linkcode Uplink} needs. */
export interface UplinkOptions {
  readonly service: Service;
  /** The relay. */
  readonly target: Target;
  readonly dialer: RelayDialer;
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: ConnectorLimits;
  /** Is told everything, after the state has changed. Must not throw. */
  readonly onEvent: (uplink: Uplink, event: UplinkEvent) => void;
  /** The relay has told where it sees this connection. Must not throw. */
  readonly onObservedAddress: (uplink: Uplink, address: SocketAddress) => void;
}

/** One service's connection to its relay, whichever that is at the time, for as long as it takes. */
export class Uplink {
  readonly service: Service;
  readonly #options: UplinkOptions;
  readonly #machine: UplinkMachine;
  readonly #registration: Uint8Array;
  #link: RelayLink | undefined;
  #session: ServiceSession | undefined;
  #observedAddress: SocketAddress | undefined;
  #watchTimer: Timer | undefined;
  /** Packets that were lost on earlier connections. */
  #lostBefore = 0;
  /** Links that are being closed. */
  readonly #closing = new Set<Promise<void>>();

  /** @throws {RangeError} when the service ID has more than 255 bytes of UTF-8. */
  constructor(options: UplinkOptions) {
    const { service, clock, random, limits } = options;
    const registration = encodeRegistration("connector", service.id);
    if (isWireError(registration)) throw new RangeError(registration.message);
    this.#registration = registration;
    this.service = service;
    this.#options = options;
    this.#machine = new UplinkMachine({
      effects: {
        resolve: (attempt) => void this.#resolve(attempt),
        dial: (attempt, address) => this.#dial(attempt, address),
        register: () => this.#link?.connection.sendDatagram(this.#registration) === "queued",
        hangUp: (code, reason) => this.#hangUp(code, reason),
        report: (event) => options.onEvent(this, event),
      },
      clock,
      random,
      limits,
    });
  }

  get state(): UplinkState {
    return this.#machine.state;
  }

  /** The relay's address while there is a connection or an attempt at one. */
  get relay(): string | undefined {
    const { address } = this.#machine;
    return address === undefined ? undefined : this.relayAt(address);
  }

  /** The relay's `address:port` at one of its addresses. */
  relayAt(hostname: string): string {
    return formatSocketAddress({ hostname, port: this.#options.target.port });
  }

  /** Where the relay sees this connection. */
  get observedAddress(): SocketAddress | undefined {
    return this.#observedAddress;
  }

  /** How long the service has been registered, in ms. */
  get registeredForMs(): number | undefined {
    const sinceMs = this.#machine.registeredSinceMs;
    return sinceMs === undefined ? undefined : this.#options.clock.now() - sinceMs;
  }

  /** The status of the relay's NACK in state `denied`. */
  get deniedStatus(): number | undefined {
    return this.#machine.deniedStatus;
  }

  /** Flows on the connection now. */
  get flows(): number {
    return this.#session?.flows ?? 0;
  }

  /** Round-trip time to the relay in ms; `undefined` without a connection. */
  get rttMs(): number | undefined {
    return this.#session === undefined ? undefined : this.#link?.connection.pathStats().rttMs;
  }

  /** Packets to relays that were lost on the way, since the start. */
  get packetsLost(): number {
    return this.#lostBefore + (this.#link?.connection.pathStats().packetsLost ?? 0);
  }

  /** DATAGRAMs that wait for the network to take more. */
  get datagramsWaiting(): number {
    return this.#link?.connection.datagramsWaiting ?? 0;
  }

  /** Begins; never gives up. */
  start(): void {
    this.#machine.start();
  }

  /** Ends for good: the relay is told, and waited for, but not for long. */
  async stop(): Promise<void> {
    this.#machine.stop();
    await Promise.all(this.#closing);
  }

  async #resolve(attempt: number): Promise<void> {
    const { target, lookup, clock, limits } = this.#options;
    try {
      const addresses = await resolveHost(target.host, {
        lookup,
        clock,
        timeoutMs: limits.resolveTimeoutMs,
        maxAddresses: limits.addressesPerName,
      });
      this.#machine.onResolved(attempt, addresses);
    } catch (error) {
      this.#machine.onResolveFailed(attempt, messageOf(error));
    }
  }

  #dial(attempt: number, hostname: string): void {
    const { dialer, target } = this.#options;
    try {
      this.#link = dialer.dial({ hostname, port: target.port }, this.#handler(attempt));
    } catch (error) {
      this.#machine.onClosed(attempt, { cause: "local", detail: messageOf(error) });
    }
  }

  #handler(attempt: number): RelayConnectionHandler {
    let session: ServiceSession | undefined;
    return {
      onEstablished: (connection) => {
        connection.keepAlive(this.#options.limits.keepAliveMs);
        session = this.service.open(connection);
        this.#session = session;
        this.#watch(attempt);
        this.#machine.onEstablished(attempt);
      },
      onDatagram: (_, data) => {
        const type = data[0];
        if (type === messageType.ack || type === messageType.nack) this.#onReply(attempt, data);
        else if (type === messageType.observedAddress) this.#onObservedAddress(data);
        else session?.handle(data);
      },
      onClosed: (connection, reason) => {
        session?.close();
        this.#onClosed(attempt, connection, reason);
      },
    };
  }

  /** Pings a relay that has fallen silent, and gives it up when it stays so. */
  #watch(attempt: number): void {
    const { clock, limits: { livenessCheckMs, silenceMs } } = this.#options;
    const link = this.#link;
    let received = link?.packetsReceived;
    let heardMs = clock.now();
    const check = (): void => {
      if (link === undefined || this.#link !== link) return;
      const nowMs = clock.now();
      if (link.packetsReceived !== received) {
        received = link.packetsReceived;
        heardMs = nowMs;
      } else if (nowMs - heardMs >= silenceMs) {
        this.#session?.close();
        this.#release(0, "no answer", 0);
        const detail = `Nothing came from the relay for ${Math.round((nowMs - heardMs) / 1000)} s`;
        return this.#machine.onClosed(attempt, { cause: "silent", detail });
      } else {
        link.connection.ping();
      }
      this.#watchTimer = clock.setTimer(check, livenessCheckMs);
    };
    this.#watchTimer = clock.setTimer(check, livenessCheckMs);
  }

  #onReply(attempt: number, data: Uint8Array): void {
    const reply = decodeRegistrationReply(data);
    if (isWireError(reply)) return this.service.metrics.drop("bad_control");
    const { accepted, status, serviceId } = reply;
    if (serviceId === this.service.id) {
      if (accepted) this.#machine.onAck(attempt);
      else this.#machine.onNack(attempt, status);
    } else if (!accepted && status === nackStatus.invalid && serviceId === "") {
      // What a relay says to an ID that it can't read, and so can't repeat (section 2.4).
      this.#machine.onNack(attempt, status);
    } else {
      this.service.metrics.drop("foreign_control");
    }
  }

  #onObservedAddress(data: Uint8Array): void {
    const address = decodeObservedAddress(data);
    if (isWireError(address)) return this.service.metrics.drop("bad_control");
    const known = this.#observedAddress;
    if (known?.hostname === address.hostname && known.port === address.port) return;
    this.#observedAddress = address;
    this.#options.onObservedAddress(this, address);
  }

  #onClosed(attempt: number, connection: RelayConnection, reason: CloseReason): void {
    if (this.#link?.connection === connection) this.#release(0, "", 0);
    this.#machine.onClosed(attempt, describeClose(reason));
  }

  #hangUp(code: number, reason: string): void {
    this.#session?.close();
    this.#release(code, reason, this.#options.limits.closeGraceMs);
  }

  /** Lets the link go; what it still has to say is said in the background. */
  #release(code: number, reason: string, graceMs: number): void {
    const link = this.#link;
    this.#watchTimer?.[Symbol.dispose]();
    this.#link = undefined;
    this.#session = undefined;
    this.#observedAddress = undefined;
    if (link === undefined) return;
    this.#lostBefore += link.connection.pathStats().packetsLost;
    const closed = link.close(code, reason, graceMs).catch(() => {
      // Nothing is lost but the goodbye.
    }).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
