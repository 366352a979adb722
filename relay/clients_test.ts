import { before, describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { TestCertificates } from "../tests/support/certificates.ts";
import { createLogger, type Logger, silentLogger } from "../tunnel/log.ts";
import { CertificateExpiry } from "./certificate_expiry.ts";
import { Clients } from "./clients.ts";
import { ObservedAddresses } from "./observed_address.ts";
import { DiscardedSignaling } from "./signaling.ts";
import { TestBench, TestConnection } from "./test_bench.ts";

const closedByPeer = { by: "peer", application: true, code: 0, text: "" } as const;
const registerWeb = Uint8Array.fromHex("1003776562");

interface Lab {
  readonly bench: TestBench;
  readonly clients: Clients;
  readonly expiry: CertificateExpiry;
  /** A connection with `certificates` whose handshake is complete. */
  connect(certificates?: readonly Uint8Array[]): TestConnection;
  refused(reason: string): number;
}

/** A wall clock that goes with the fake one. */
const epochMs = Date.UTC(2030, 0, 1);

function createLab(options: { requireClientCertificate?: boolean; logger?: Logger } = {}): Lab {
  const { requireClientCertificate = true, logger = silentLogger } = options;
  const bench = new TestBench({ requireClientCertificate });
  const { clock, drain, metrics, registry, router } = bench;
  const expiry = new CertificateExpiry(clock, () => epochMs + clock.now());
  const clients = new Clients({
    requireClientCertificate,
    registry,
    router,
    observedAddresses: new ObservedAddresses(clock, metrics.counter.observedAddresses),
    signaling: new DiscardedSignaling(metrics.counter.signalingDiscardedBytes),
    expiry,
    drain,
    metrics,
    logger,
    clock,
  });
  let nextId = 1;
  return {
    bench,
    clients,
    expiry,
    connect(certificates = []): TestConnection {
      const connection = new TestConnection(nextId++);
      connection.certificates = [...certificates];
      clients.onEstablished(connection);
      return connection;
    },
    refused: (reason) => metrics.counter.refusedClients.labels({ reason }).value ?? 0,
  };
}

function hex({ received }: TestConnection): string[] {
  return received.map((message) => message.toHex());
}

let agentDer: Uint8Array;
let serverDer: Uint8Array;

function derOf(pem: string): Uint8Array {
  return Uint8Array.fromBase64(pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, ""));
}

describe("Clients", () => {
  before(async () => {
    using certificates = await TestCertificates.create();
    agentDer = derOf((await certificates.client("agent", "laptop", ["web"])).certificatePem);
    serverDer = derOf((await certificates.server()).certificatePem);
  });

  it("tells a client its address after the handshake and after each change", () => {
    const { clients, connect } = createLab({ requireClientCertificate: false });
    const connection = connect();
    connection.remoteAddress = { hostname: "203.0.113.5", port: 54_321 };
    clients.onAddressChange(connection);
    assertEquals(hex(connection), ["01cb007105c351", "01cb007105d431"]);
  });

  it("measures how long handshakes took", () => {
    const { bench, connect } = createLab({ requireClientCertificate: false });
    bench.clock.advance(250);
    connect();
    const { count, sum } = bench.metrics.histogram.handshake;
    assertEquals([count, sum], [1, 0.25]);
  });

  it("takes registrations of a client whose certificate allows them", () => {
    const { bench, clients, connect } = createLab();
    const connection = connect([agentDer]);
    clients.onDatagram(connection, registerWeb);
    assertEquals(hex(connection).at(-1), "120003776562");
    assertEquals(bench.registry.services.get("web")?.agents.size, 1);
  });

  it("closes a client without a certificate, and nothing that it sends counts", () => {
    const { bench, clients, connect, refused } = createLab();
    const connection = connect();
    clients.onDatagram(connection, registerWeb);
    clients.onStreamReadable(connection, 0);
    assertEquals(connection.closed, {
      code: 1,
      reason: "client cert required",
      application: false,
    });
    assertEquals([hex(connection), bench.registry.services.size, clients.size], [[], 0, 0]);
    assertEquals([refused("missing"), bench.drops("not_admitted")], [1, 1]);
  });

  for (const requireClientCertificate of [true, false]) {
    it(`closes a client with a certificate that cannot be read (required: ${requireClientCertificate})`, () => {
      const { connect, refused, clients } = createLab({ requireClientCertificate });
      const connection = connect([Uint8Array.of(0x30, 0x80, 1, 2)]);
      assertEquals(connection.closed, {
        code: 1,
        reason: "invalid client cert",
        application: false,
      });
      assertEquals([refused("invalid"), clients.size], [1, 0]);
    });
  }

  it("admits a client without a certificate to everything when none is required", () => {
    const { clients, connect } = createLab({ requireClientCertificate: false });
    const connection = connect();
    clients.onDatagram(connection, registerWeb);
    assertEquals(hex(connection).at(-1), "120003776562");
  });

  for (const requireClientCertificate of [true, false]) {
    it(`lets a certificate without names do nothing (required: ${requireClientCertificate})`, () => {
      const { clients, connect } = createLab({ requireClientCertificate });
      const connection = connect([serverDer]);
      clients.onDatagram(connection, registerWeb);
      assertEquals([hex(connection).at(-1), connection.isClosed], ["130203776562", false]);
    });
  }

  it("disconnects a client when its certificate ends, with one timer for all", () => {
    const { bench: { clock }, clients, connect, refused, expiry } = createLab();
    const connections = Array.from({ length: 50 }, () => connect([agentDer]));
    assertEquals([clock.pendingTimers, expiry.size], [1, 50]);
    let hours = 0;
    while (!connections[0]!.isClosed && hours < 20 * 366 * 24) {
      clock.advance(3_600_000);
      hours += 1;
    }
    for (const connection of connections) {
      assertEquals(connection.closed?.reason, "client cert expired");
      clients.onClosed(connection, { ...closedByPeer, by: "local" });
    }
    assertEquals([refused("expired"), expiry.size, clock.pendingTimers], [50, 0, 0]);
  });

  it("forgets a client whose connection ends", () => {
    const { bench, clients, connect, expiry } = createLab();
    const connection = connect([agentDer]);
    clients.onDatagram(connection, registerWeb);
    clients.onClosed(connection, closedByPeer);
    assertEquals([clients.size, bench.registry.services.size, expiry.size], [0, 0, 0]);
    const { closedConnections } = bench.metrics.counter;
    assertEquals(closedConnections.labels({ by: "peer" }).value, 1);
  });

  it("sends away, as at shutdown, whose handshake ends while the relay drains", () => {
    const { bench, clients, connect } = createLab({ requireClientCertificate: false });
    const before = connect();
    bench.drain.begin(new Date(0), clients.size);
    const late = connect();
    assertEquals(late.closed, { code: 0, reason: "server draining", application: true });
    assertEquals([clients.size, before.isClosed], [1, false]);
    for (const connection of [before, late]) clients.onClosed(connection, closedByPeer);
    const now = { connections: 0, agents: 0, connectors: 0, refusedConnections: 0 };
    assertEquals(bench.drain.status(now).closedWhileDraining, 1);
  });

  it("takes the end of a handshake that failed", () => {
    const { bench, clients } = createLab();
    clients.onClosed(new TestConnection(9), { ...closedByPeer, by: "handshake" });
    const { closedConnections } = bench.metrics.counter;
    const counts = [...closedConnections.series()].map(({ instrument }) => instrument.value);
    assertEquals(counts.every((count) => count === 0), true);
  });

  it("reads and discards what arrives on streams", () => {
    const { bench, clients, connect } = createLab({ requireClientCertificate: false });
    const connection = connect();
    connection.streams.set(4, [new Uint8Array(1000), new Uint8Array(234)]);
    clients.onStreamReadable(connection, 4);
    assertEquals(bench.metrics.counter.signalingDiscardedBytes.value, 1234);
    assertEquals(connection.streams.get(4), []);
  });

  it("logs who was refused and which connector has gone", () => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger = createLogger({ level: "info", format: "json", write });
    const lab = createLab({ requireClientCertificate: false, logger });
    const connection = lab.connect();
    lab.clients.onDatagram(connection, Uint8Array.fromHex("1103776562"));
    lab.clients.onClosed(connection, { ...closedByPeer, text: "bye\n" });
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assertEquals(events.map(({ event }) => event), ["connector_gone"]);
    assertEquals(events[0]?.["services"], ["web"]);
  });
});
