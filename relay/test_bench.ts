/** For tests: the relay's parts put together without sockets, and clients that live in memory. */

import { FakeClock } from "../tunnel/fake_clock.ts";
import type { Identity } from "../tunnel/identity.ts";
import { silentLogger } from "../tunnel/log.ts";
import type { SendResult } from "../tunnel/quic/connection.ts";
import type { SocketAddress } from "../tunnel/quic/address.ts";
import {
  encodeRegistration,
  encodeRouted,
  messageType,
  type Role,
} from "../tunnel/wire/datagram_message.ts";
import { WireError } from "../tunnel/wire/wire_error.ts";
import { type AddressLimits, AddressTranslations } from "./address_translation.ts";
import { Drain } from "./drain.ts";
import { type FlowLimits, FlowTables } from "./flow_table.ts";
import * as limits from "./limits.ts";
import { createRelayMetrics } from "./metrics.ts";
import { Peer, type PeerConnection } from "./peer.ts";
import { RegistrationDesk } from "./registration.ts";
import { Registry, type RegistryLimits } from "./registry.ts";
import { Router } from "./router.ts";
import { ServiceMetrics } from "./service_metrics.ts";

/** What the clock says at first. */
const clockStartMs = 1_000_000;

/** One end of a connection that exists in memory only: keeps what the relay sends. */
export class TestConnection implements PeerConnection {
  readonly id: number;
  remoteAddress: SocketAddress;
  isClosed = false;
  startedAtMs = clockStartMs;
  maxDatagramLength = 1306;
  /** What `sendDatagram` answers instead of queueing. */
  refusal: SendResult | undefined;
  /** Copies of everything that the relay has sent. */
  readonly received: Uint8Array[] = [];
  /** Chunks by stream, taken from the front. */
  readonly streams = new Map<number, Uint8Array[]>();
  /** How the relay has closed it. */
  closed: { code: number; reason: string; application: boolean } | undefined;
  /** DER, leaf first. */
  certificates: Uint8Array[] = [];

  constructor(id: number) {
    this.id = id;
    this.remoteAddress = { hostname: "203.0.113.5", port: 50_000 + id };
  }

  sendDatagram(data: Uint8Array): SendResult {
    if (this.isClosed) return "closed";
    if (this.refusal !== undefined) return this.refusal;
    if (data.length > this.maxDatagramLength) return "too_long";
    this.received.push(data.slice());
    return "queued";
  }

  readStream(id: number): { data: Uint8Array; fin: boolean } | undefined {
    const data = this.streams.get(id)?.shift();
    return data && { data, fin: false };
  }

  close(code: number, reason: string, application = true): void {
    this.isClosed = true;
    this.closed ??= { code, reason, application };
  }

  peerCertificates(): Uint8Array[] {
    return this.certificates;
  }
}

/** A client of a `TestBench`. */
export class TestClient {
  readonly peer: Peer;
  readonly connection: TestConnection;
  readonly #bench: TestBench;

  constructor(bench: TestBench, connection: TestConnection, identity: Identity | undefined) {
    this.#bench = bench;
    this.connection = connection;
    this.peer = new Peer(connection, identity, bench.clock.now());
  }

  /** Sends one DATAGRAM to the relay. */
  send(data: Uint8Array): void {
    this.#bench.router.handle(this.peer, data.slice());
  }

  /** Registers and returns the relay's answers. */
  register(role: Role, serviceId: string): Uint8Array[] {
    const before = this.connection.received.length;
    this.send(unwrap(encodeRegistration(role, serviceId)));
    return this.connection.received.splice(before);
  }

  /** Sends a packet through a service, as agents do. */
  sendRouted(serviceId: string, packet: Uint8Array): void {
    this.send(unwrap(encodeRouted(serviceId, packet)));
  }

  /** The packets that arrived since the last call; answers to registrations are not among them. */
  take(): Uint8Array[] {
    return this.connection.received.splice(0).filter(([type]) =>
      type !== messageType.ack && type !== messageType.nack
    );
  }

  /** Its connection ends. */
  close(): void {
    this.connection.isClosed = true;
    this.#bench.registry.unregister(this.peer);
    this.#bench.router.forget(this.peer);
  }
}

/** What differs from the relay's own bounds and rules. */
export interface TestBenchOptions {
  readonly requireClientCertificate?: boolean;
  readonly limits?: Partial<
    AddressLimits & FlowLimits & RegistryLimits & { readonly maxNamedServices: number }
  >;
}

/** Registry, registration desk and router of a relay, with a clock that tests move. */
export class TestBench {
  readonly clock = new FakeClock(clockStartMs);
  readonly metrics = createRelayMetrics();
  readonly drain = new Drain();
  readonly registry: Registry<Peer>;
  readonly flows: FlowTables<Peer>;
  readonly addresses: AddressTranslations;
  readonly desk: RegistrationDesk;
  readonly router: Router;
  #nextId = 1;

  constructor(options: TestBenchOptions = {}) {
    const { clock, metrics } = this;
    const bounds = { ...limits, ...options.limits };
    this.registry = new Registry(
      bounds,
      new ServiceMetrics(metrics, bounds.maxNamedServices),
    );
    const onLimit = (limit: string): void => metrics.counter.limitsReached.labels({ limit }).inc();
    this.flows = new FlowTables(clock, { onLimit }, bounds);
    this.addresses = new AddressTranslations(() => clock.now(), () => 0, bounds);
    this.desk = new RegistrationDesk({
      registry: this.registry,
      requireClientCertificate: options.requireClientCertificate ?? false,
      drain: this.drain,
      metrics,
      logger: silentLogger,
      clock,
    });
    this.router = new Router({
      flows: this.flows,
      addresses: this.addresses,
      metrics,
      seed: 0x5eed,
      onRegistration: (sender, message) => this.desk.handle(sender, message),
    });
  }

  /** A client; `names` like `agent:web` are what its certificate allows, and make it certified. */
  connect(commonName?: string, names: readonly string[] = []): TestClient {
    const identity = commonName === undefined ? undefined : {
      commonName,
      notAfter: Infinity,
      names: names.map((name) => {
        const [role = "", ...rest] = name.split(":");
        return { role: role as Role, serviceId: rest.join(":") };
      }),
    };
    return new TestClient(this, new TestConnection(this.#nextId++), identity);
  }

  /** A client that is registered in `role` for all of `services`. */
  registered(role: Role, services: readonly string[], commonName?: string): TestClient {
    const client = this.connect(commonName, services.map((service) => `${role}:${service}`));
    for (const service of services) client.register(role, service);
    return client;
  }

  /** How often a message was dropped for `reason`. */
  drops(reason: string): number {
    return this.metrics.counter.drops.labels({ reason }).value ?? 0;
  }

  /** How often the bound `limit` was reached. */
  reached(limit: string): number {
    return this.metrics.counter.limitsReached.labels({ limit }).value ?? 0;
  }
}

/** The result of an encoder that cannot have failed. */
export function unwrap<T>(value: T | WireError): T {
  if (value instanceof WireError) throw new Error(value.message);
  return value;
}
