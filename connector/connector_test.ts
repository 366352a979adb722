import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../tunnel/errors.ts";
import type { HandledSignal, ProcessControl } from "../tunnel/lifecycle.ts";
import { createLogger } from "../tunnel/log.ts";
import type { ServerTls, TlsIdentity } from "../tunnel/quic/tls_config.ts";
import { buildIcmpEchoRequest } from "../tunnel/wire/icmp.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { TestCertificates } from "../tests/support/certificates.ts";
import { waitFor } from "../tests/support/wait.ts";
import type { ConnectorConfig } from "./config.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { connectorLimits } from "./limits.ts";
import type { Target } from "./target.ts";
import { TestBackend } from "./test_backend.ts";
import { TestRelay } from "./test_relay.ts";

/** Fast enough for tests; the machine's own tests have the real ones. */
const fast = {
  reconnectBaseMs: 20,
  reconnectMaxMs: 100,
  registrationTimeoutMs: 100,
  registrationMaxMs: 200,
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An agent's packet to 10.100.0.1:7. */
function packet(payload: string, sourcePort = 1000): Uint8Array {
  return buildUdpPacket({
    source: 0x6440_0001,
    sourcePort,
    destination: 0x0a64_0001,
    destinationPort: 7,
    payload: bytes(payload),
  });
}

/** The reply to it. */
function reply(payload: string, destinationPort = 1000): Uint8Array {
  return buildUdpPacket({
    source: 0x0a64_0001,
    sourcePort: 7,
    destination: 0x6440_0001,
    destinationPort,
    payload: bytes(payload),
  });
}

describe("Connector", () => {
  let certificates: TestCertificates;
  let relayTls: ServerTls;
  let identity: TlsIdentity;

  before(async () => {
    certificates = await TestCertificates.create();
    relayTls = {
      identity: await certificates.server("relay", ["relay.test"]),
      caFile: certificates.caFile,
      clientCertificate: "require",
    };
    identity = await certificates.client("connector", "connector-1", ["*"]);
  });
  after(() => certificates[Symbol.dispose]());

  interface Started extends AsyncDisposable {
    readonly connector: Connector;
    /** Log lines, as JSON. */
    readonly lines: string[];
  }

  async function start(
    server: Target,
    services: Readonly<Record<string, Target>>,
    overrides: { config?: Partial<ConnectorConfig>; options?: ConnectorOptions } = {},
  ): Promise<Started> {
    const lines: string[] = [];
    const connector = await Connector.start({
      server,
      serverName: "ztna-server",
      caFile: certificates.caFile,
      verifyPeer: true,
      identity,
      services: Object.entries(services).map(([id, backend]) => ({
        id,
        backend,
        protocol: "any",
      })),
      admin: { hostname: "127.0.0.1", port: 0 },
      logLevel: "debug",
      ...overrides.config,
    }, {
      logger: createLogger({ level: "debug", format: "json", write: (line) => lines.push(line) }),
      ...overrides.options,
      limits: { ...fast, ...overrides.options?.limits },
    });
    return { connector, lines, [Symbol.asyncDispose]: () => connector.close() };
  }

  const target = ({ hostname, port }: { hostname: string; port: number }): Target => ({
    host: hostname,
    port,
  });
  const nowhere: Target = { host: "127.0.0.1", port: 9 };

  async function get(
    connector: Connector,
    path: string,
  ): Promise<{ status: number; text: string }> {
    const { hostname, port } = connector.adminAddress!;
    const response = await fetch(`http://${hostname}:${port}${path}`);
    return { status: response.status, text: await response.text() };
  }

  it("registers each service on a connection of its own and then is ready", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    await using started = await start(target(relay.address), { web: nowhere, db: nowhere });
    const { connector } = started;
    await waitFor(() => connector.readiness().ready, "readiness");
    assertEquals(relay.clients.map(({ registrations }) => registrations).toSorted(), [
      ["db"],
      ["web"],
    ]);
    assertEquals(await get(connector, "/readyz"), { status: 200, text: "ok\n" });
    assertEquals((await get(connector, "/healthz")).status, 200);
    const status = JSON.parse((await get(connector, "/status")).text);
    assertEquals(status.ready, true);
    assertMatch(status.instance, /^[\da-f]{8}$/);
    const [web] = status.services;
    const observed = relay.clientOf("web")!.connection.remoteAddress;
    assertEquals(
      { ...web, registeredSeconds: 0 },
      {
        id: "web",
        backend: "127.0.0.1:9",
        state: "registered",
        relay: `127.0.0.1:${relay.address.port}`,
        observedAddress: `127.0.0.1:${observed.port}`,
        registeredSeconds: 0,
        flows: 0,
      },
    );
    const metrics = (await get(connector, "/metrics")).text;
    assertStringIncludes(metrics, 'uplink_state{service="db",state="registered"} 1');
    assertStringIncludes(metrics, 'registrations_total{service="web",result="ack"} 1');
    assertStringIncludes(metrics, "ztna_connector_reconnections_total 0");
  });

  it("keeps the services' backends apart (fault LC5)", async () => {
    using web = new TestBackend();
    using db = new TestBackend();
    web.answer = () => bytes("from web");
    db.answer = () => bytes("from db");
    await using relay = new TestRelay({ tls: relayTls });
    await using started = await start(target(relay.address), {
      web: target(web.address),
      db: target(db.address),
    });
    await waitFor(() => started.connector.readiness().ready, "readiness");
    for (const service of ["web", "db"]) {
      relay.clientOf(service)!.connection.sendDatagram(packet(`for ${service}`));
    }
    for (const service of ["web", "db"]) {
      const { packets } = relay.clientOf(service)!;
      await waitFor(() => packets.length === 1, `the reply of ${service}`);
      assertEquals(packets[0], reply(`from ${service}`));
    }
    assertEquals(web.received.length + db.received.length, 2);
    assertEquals(started.connector.status().services.map(({ flows }) => flows), [1, 1]);
  });

  it("answers pings, and survives and counts whatever else arrives", async () => {
    using backend = new TestBackend();
    await using relay = new TestRelay({ tls: relayTls });
    await using started = await start(target(relay.address), { web: target(backend.address) });
    const { connector } = started;
    await waitFor(() => connector.readiness().ready, "readiness");
    const client = relay.clientOf("web")!;
    const junk = [
      "",
      "01",
      "01c0a80164",
      "12",
      "1200",
      "120005616263",
      "12000364620a",
      "13010364620a",
      "2f0178ff",
      "5a1000000001",
      "ff0474657374",
      "45".repeat(40),
      "60".repeat(60),
    ];
    for (const hex of junk) client.connection.sendDatagram(Uint8Array.fromHex(hex));
    client.connection.sendDatagram(buildIcmpEchoRequest({
      source: 0x6440_0001,
      destination: 0x0a64_0001,
      identifier: 1,
      sequence: 1,
      data: bytes("ping"),
    }));
    client.connection.sendDatagram(packet("still here"));
    await waitFor(() => client.packets.length === 2, "both replies");
    assertEquals(connector.readiness(), { ready: true });
    const dropped = (reason: "bad_control" | "foreign_control"): number =>
      connector.metrics.counter.drops.labels({ service: "web", reason }).value!;
    assertEquals([dropped("bad_control"), dropped("foreign_control")], [5, 2]);
    assertEquals(relay.clients.length, 1);
  });

  it("isn't ready while a service is denied, says which, and asks until it is allowed", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    let allowed = false;
    relay.answer = (service) => service === "db" && !allowed ? 2 : 0;
    await using started = await start(target(relay.address), { web: nowhere, db: nowhere });
    const { connector } = started;
    const reason = 'not registered: "db" (denied, status 2)';
    await waitFor(() => connector.readiness().reason === reason, "the denial");
    assertEquals(await get(connector, "/readyz"), { status: 503, text: `${reason}\n` });
    allowed = true;
    await waitFor(() => connector.readiness().ready, "readiness");
    assertEquals(relay.clients.length, 2);
    const denial = started.lines.find((line) => line.includes("registration_denied"))!;
    assertStringIncludes(denial, "connector.db.ztna");
  });

  it("repeats a registration that stays unanswered, and takes the late ACK", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    relay.answer = (_, { registrations }) => registrations.length < 4 ? "nothing" : 0;
    await using started = await start(target(relay.address), { web: nowhere });
    await waitFor(() => started.connector.readiness().ready, "readiness");
    assertEquals(relay.clients.length, 1);
    const labels = { service: "web", result: "timeout" };
    assertEquals(started.connector.metrics.counter.registrations.labels(labels).value, 3);
  });

  it("comes back after the relay has closed, registers again, and counts it once", async () => {
    using backend = new TestBackend();
    const first = new TestRelay({ tls: relayTls });
    await using started = await start(target(first.address), { web: target(backend.address) });
    const { connector } = started;
    await waitFor(() => connector.readiness().ready, "readiness");
    first.clientOf("web")!.connection.sendDatagram(packet("before"));
    await waitFor(() => first.clientOf("web")!.packets.length === 1, "the reply");
    await first.stop();
    await waitFor(() => !connector.readiness().ready, "the loss");
    // Nobody may inherit the flow: the address can be another agent's on the next connection.
    assertEquals(connector.metrics.gauge.udpFlows.labels({ service: "web" }).value, 0);
    await using second = await TestRelay.succeed(first, relayTls);
    await waitFor(() => connector.readiness().ready, "the return");
    second.clientOf("web")!.connection.sendDatagram(packet("after"));
    await waitFor(() => second.clientOf("web")!.packets.length === 1, "the reply");
    assertEquals(connector.metrics.counter.reconnections.value, 1);
    const lost = { service: "web", cause: "relay_closed" };
    assertEquals(connector.metrics.counter.connectionLosses.labels(lost).value, 1);
    const log = started.lines.find((line) => line.includes("relay_lost"))!;
    assertStringIncludes(log, '"level":"error"');
    assertStringIncludes(log, "server shutting down");
  });

  it("notices a relay that was killed by its silence and comes back", async () => {
    const first = new TestRelay({ tls: relayTls });
    await using started = await start(target(first.address), { web: nowhere }, {
      options: { limits: { livenessCheckMs: 50, silenceMs: 300 } },
    });
    const { connector } = started;
    await waitFor(() => connector.readiness().ready, "readiness");
    // A relay that is there but idle answers the pings, so nothing is lost.
    const silentAfterMs = 700;
    const before = performance.now();
    await waitFor(() => performance.now() - before > silentAfterMs, "time to pass");
    assertEquals(connector.readiness(), { ready: true });
    await first.vanish();
    await using _second = await TestRelay.succeed(first, relayTls);
    const labels = { service: "web", cause: "silent" };
    const losses = connector.metrics.counter.connectionLosses.labels(labels);
    await waitFor(() => losses.value === 1, "the loss");
    await waitFor(() => connector.readiness().ready, "the return");
  });

  it("tells the relay goodbye when it closes, at once (fault LC29)", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    const { connector } = await start(target(relay.address), { web: nowhere, db: nowhere });
    await waitFor(() => connector.readiness().ready, "readiness");
    await connector.close();
    assertEquals(await connector.stopped, 0);
    await waitFor(() => relay.clients.every(({ closed }) => closed !== undefined), "the goodbyes");
    for (const { closed } of relay.clients) {
      assertEquals(closed, {
        by: "peer",
        application: true,
        code: 0,
        text: "connector shutting down",
      });
    }
    await connector.close(); // again: nothing happens
  });

  it("closes at once while it waits for a relay that isn't there", async () => {
    const { connector } = await start({ host: "127.0.0.1", port: 9 }, { web: nowhere }, {
      options: { limits: { reconnectBaseMs: 30_000, reconnectMaxMs: 30_000 } },
    });
    await waitFor(() => connector.status().services[0]?.state === "connecting", "the attempt");
    const before = performance.now();
    await connector.close();
    assert(performance.now() - before < 1000);
    assertEquals(connector.status().services[0]?.state, "stopped");
  });

  it("stops on SIGTERM and reloads on SIGHUP, and a bad file changes nothing", async () => {
    const listeners = new Map<HandledSignal, () => void>();
    const control: ProcessControl = {
      addSignalListener: (signal, listener) => void listeners.set(signal, listener),
      removeSignalListener: (signal) => void listeners.delete(signal),
      exit(): void {},
    };
    const file = `${certificates.directory}/rotating.pem`;
    Deno.copyFileSync(identity.certificateFile, file);
    await using relay = new TestRelay({ tls: relayTls });
    const { connector, lines } = await start(target(relay.address), { web: nowhere }, {
      config: { identity: { certificateFile: file, keyFile: identity.keyFile } },
      options: { control },
    });
    await waitFor(() => connector.readiness().ready, "readiness");
    listeners.get("SIGHUP")!();
    await waitFor(() => lines.some((line) => line.includes('"reloaded"')), "the reload");
    Deno.writeTextFileSync(file, "no certificate");
    listeners.get("SIGHUP")!();
    await waitFor(() => lines.some((line) => line.includes("reload_failed")), "the failure");
    const reloads = connector.metrics.counter.tlsReloads;
    assertEquals(reloads.labels({ result: "succeeded" }).value, 1);
    assertEquals(reloads.labels({ result: "failed" }).value, 1);
    assertEquals([connector.readiness().ready, relay.clients.length], [true, 1]);
    listeners.get("SIGTERM")!();
    assertEquals(await connector.stopped, 0);
  });

  it("backs off from a relay that refuses its certificate after the handshake", async () => {
    using strangers = await TestCertificates.create("somebody else");
    await using relay = new TestRelay({ tls: relayTls });
    await using started = await start(target(relay.address), { web: nowhere }, {
      config: { identity: await strangers.client("connector", "stranger", ["*"]) },
    });
    const { connector, lines } = started;
    const labels = { service: "web", cause: "tls" };
    const failures = connector.metrics.counter.connectionFailures.labels(labels);
    await waitFor(() => failures.value! >= 3, "three refusals");
    assertEquals(connector.readiness().ready, false);
    assertEquals(connector.metrics.counter.reconnections.value, 0);
    const log = lines.find((line) => line.includes("relay_not_reached"))!;
    assertStringIncludes(log, "must trust the CA of this connector's certificate");
    assertEquals(relay.clients.length, 0);
  });

  it("checks the relay's chain and name, unless told not to (fault LC32)", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    for (const config of [{ serverName: "other.test" }, { caFile: undefined }]) {
      await using started = await start(target(relay.address), { web: nowhere }, { config });
      const { counter } = started.connector.metrics;
      const failures = counter.connectionFailures.labels({ service: "web", cause: "tls" });
      await waitFor(() => failures.value! >= 1, "the refusal");
      assertEquals(started.connector.readiness().ready, false);
    }
    const config = { serverName: "other.test", caFile: undefined, verifyPeer: false };
    await using started = await start(target(relay.address), { web: nowhere }, { config });
    await waitFor(() => started.connector.readiness().ready, "readiness");
    assert(started.lines.some((line) => line.includes("relay_not_verified")));
  });

  it("finds a relay by its name, at whichever of its addresses one answers (fault LC33)", async () => {
    await using relay = new TestRelay({ tls: relayTls });
    const names: string[] = [];
    await using started = await start({ host: "relay.test", port: relay.address.port }, {
      web: nowhere,
    }, {
      config: { serverName: "relay.test" },
      options: {
        limits: { handshakeTimeoutMs: 200 },
        lookup(name): Promise<readonly string[]> {
          names.push(name);
          return Promise.resolve(["127.0.0.2", "127.0.0.1"]);
        },
      },
    });
    await waitFor(() => started.connector.readiness().ready, "readiness");
    assertEquals(names, ["relay.test"]);
    assertEquals(started.connector.status().services[0]?.relay, `127.0.0.1:${relay.address.port}`);
  });

  it("reaches a relay over IPv6", async () => {
    await using relay = new TestRelay({ tls: relayTls, hostname: "::1" });
    await using started = await start(target(relay.address), { web: nowhere });
    await waitFor(() => started.connector.readiness().ready, "readiness");
    assertEquals(started.connector.status().services[0]?.relay, `[::1]:${relay.address.port}`);
  });

  it("refuses to start with files or a port that it can't use, and leaves nothing behind", async () => {
    const missing = { certificateFile: "/nowhere.pem", keyFile: identity.keyFile };
    for (const config of [{ identity: missing }, { p2pIdentity: missing }]) {
      await assertRejects(() => start(nowhere, { web: nowhere }, { config }), ConfigError, "exist");
    }
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const config = { admin: { hostname: "127.0.0.1", port: taken.addr.port } };
    await assertRejects(
      () => start(nowhere, { web: nowhere }, { config }),
      ConfigError,
      "--metrics-port",
    );
  });

  it("says at start what this version doesn't carry", async () => {
    await using started = await start(nowhere, {}, {
      config: {
        p2pIdentity: identity,
        services: [{ id: "web", backend: nowhere, protocol: "tcp" }],
      },
    });
    const events = started.lines.map((line) => JSON.parse(line).event);
    assert(events.includes("p2p_not_supported"));
    assert(events.includes("tcp_not_supported"));
  });

  it("has bounds that fit together", () => {
    const limits = connectorLimits;
    assert(limits.udpFlowsPerSource <= limits.udpFlows);
    assert(limits.udpWaitingPerFlow <= limits.udpWaiting);
    assert(limits.livenessCheckMs < limits.silenceMs && limits.silenceMs < 30_000);
    assert(limits.keepAliveMs < 30_000);
  });
});
