import { after, before, describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TestCertificates, type TestIdentity } from "../tests/support/certificates.ts";
import { RecordingHandler } from "../tests/support/recording_handler.ts";
import { waitFor } from "../tests/support/wait.ts";
import { ConfigError } from "../tunnel/errors.ts";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { createLogger, type Logger } from "../tunnel/log.ts";
import type { QuicConnection } from "../tunnel/quic/connection.ts";
import { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import {
  decodeRegistrationReply,
  encodeRegistration,
  encodeRouted,
  messageType,
  type Role,
} from "../tunnel/wire/datagram_message.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import type { RelayConfig } from "./config.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import { unwrap } from "./test_bench.ts";

let certificates: TestCertificates;
let server: TestIdentity;

function configWith(change: Partial<RelayConfig> = {}): RelayConfig {
  return {
    bindAddresses: ["127.0.0.1"],
    port: 0,
    certificateFile: server.certificateFile,
    keyFile: server.keyFile,
    caFile: certificates.caFile,
    requireClientCertificate: true,
    retry: true,
    admin: { hostname: "127.0.0.1", port: 0 },
    drainTimeoutMs: 3000,
    maxConnections: 100,
    logLevel: "info",
    ...change,
  };
}

/** A client with sockets; disposing of it closes its connection. */
class Client implements AsyncDisposable {
  readonly handler = new RecordingHandler();
  readonly connection: QuicConnection;
  readonly #endpoint: QuicEndpoint;

  constructor(relay: Relay, identity?: TestIdentity, remote = relay.address) {
    this.#endpoint = QuicEndpoint.bind({ hostname: remote.hostname, port: 0 });
    this.connection = this.#endpoint.connect({
      remote,
      serverName: "ztna-server",
      tls: { caFile: certificates.caFile, verifyPeer: true, ...identity && { identity } },
      handler: this.handler,
    });
  }

  async register(role: Role, serviceId: string): Promise<boolean> {
    await waitFor(() => this.connection.isEstablished, "the handshake");
    this.connection.sendDatagram(unwrap(encodeRegistration(role, serviceId)));
    const reply = await waitFor(
      () =>
        this.handler.datagrams.map(decodeRegistrationReply).find((each) =>
          !isWireError(each) && each.serviceId === serviceId
        ),
      `the answer for ${serviceId}`,
    );
    return !isWireError(reply) && reply.accepted;
  }

  /** What the relay has forwarded. */
  get packets(): Uint8Array[] {
    return this.handler.datagrams.filter(([type]) =>
      type !== messageType.observedAddress && type !== messageType.ack && type !== messageType.nack
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]();
  }
}

async function get(relay: Relay, path: string): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${relay.adminAddress!.port}${path}`);
  return [response.status, await response.text()];
}

/** Binds a UDP port for a moment; `undefined` when it is taken. Port 0 gives a free one. */
function bindUdp(port: number): number | undefined {
  try {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
    socket.close();
    return (socket.addr as Deno.NetAddr).port;
  } catch {
    return undefined;
  }
}

function recordingLogger(): { logger: Logger; events: string[] } {
  const events: string[] = [];
  const write = (line: string): void => void events.push(JSON.parse(line).event);
  return { events, logger: createLogger({ level: "debug", format: "json", write }) };
}

describe("Relay", () => {
  before(async () => {
    certificates = await TestCertificates.create();
    server = await certificates.server();
  });
  after(() => certificates[Symbol.dispose]());

  it("forwards packets of certified clients, and shows them in status and metrics", async () => {
    await using relay = await Relay.start(configWith(), { release: "r1" });
    await using connector = new Client(relay, await certificates.client("connector", "c", ["web"]));
    await using agent = new Client(relay, await certificates.client("agent", "a", ["web"]));
    assertEquals(await connector.register("connector", "web"), true);
    assertEquals(await agent.register("agent", "web"), true);
    assertEquals(await agent.register("agent", "db"), false);
    const packet = new Uint8Array(100).fill(0x60);
    agent.connection.sendDatagram(unwrap(encodeRouted("web", packet)));
    await waitFor(() => connector.packets.length, "the packet");
    connector.connection.sendDatagram(packet);
    await waitFor(() => agent.packets.length, "the reply");
    assertEquals([connector.packets, agent.packets], [[packet], [packet]]);

    const status = JSON.parse((await get(relay, "/status"))[1]);
    assertEquals([status.release, status.requireClientCert, status.phase], ["r1", true, "ready"]);
    assertEquals(status.instance.length, 8);
    assertEquals(status.services.web.connectors[0].identity, "c");
    const [code, exposition] = await get(relay, "/metrics");
    assertEquals(code, 200);
    for (
      const line of [
        "ztna_active_connections 2",
        "ztna_datagrams_relayed_total 2",
        "ztna_relay_bytes_total 200",
        "ztna_registrations_total 2",
        "ztna_registration_rejections_total 1",
        "ztna_retry_tokens_validated 2",
        "ztna_relay_agents 1",
        "ztna_relay_connectors 1",
        "ztna_relay_services 1",
        "ztna_relay_flows 1",
        "ztna_relay_ready 1",
        "ztna_relay_observed_addresses_total 2",
        'ztna_relay_handshakes_total{result="completed"} 2',
      ]
    ) assert(exposition.includes(`\n${line}\n`), line);
    assertEquals([(await get(relay, "/healthz"))[0], (await get(relay, "/readyz"))[0]], [200, 200]);
  });

  it("refuses clients without a certificate within TLS", async () => {
    await using relay = await Relay.start(configWith({ admin: undefined }));
    await using client = new Client(relay);
    const reason = await waitFor(() => client.handler.closed[0], "the close");
    assertEquals(reason, {
      by: "peer",
      application: false,
      // certificate_required, RFC 8446 section 6.2.
      code: 0x100 + 116,
      text: "",
    });
  });

  it("listens on several addresses (fault LR30)", async () => {
    const bindAddresses = ["127.0.0.1", "::1"];
    await using relay = await Relay.start(configWith({ admin: undefined, bindAddresses }));
    assertEquals(relay.addresses.map(({ hostname }) => hostname), bindAddresses);
    await using agent = new Client(relay, await certificates.client("agent", "a", ["echo"]));
    const identity = await certificates.client("connector", "c", ["echo"]);
    await using connector = new Client(relay, identity, relay.addresses[1]);
    assertEquals(await agent.register("agent", "echo"), true);
    assertEquals(await connector.register("connector", "echo"), true);
    assertEquals(relay.status().connections, { total: 2, agents: 1, connectors: 1 });
  });

  it("takes everybody when told to, and says so in the log and in the status", async () => {
    const { logger, events } = recordingLogger();
    const config = configWith({ requireClientCertificate: false, caFile: undefined });
    await using relay = await Relay.start(config, { logger });
    await using client = new Client(relay);
    assertEquals(await client.register("agent", "anything"), true);
    assertEquals(relay.status().requireClientCert, false);
    assert(events.includes("client_certificates_not_required"), String(events));
  });

  it("holds a client to its certificate's names in the open mode too", async () => {
    await using relay = await Relay.start(configWith({ requireClientCertificate: false }));
    await using client = new Client(relay, await certificates.client("agent", "a", ["db"]));
    assertEquals(await client.register("agent", "web"), false);
    assertEquals(await client.register("agent", "db"), true);
  });

  it("closes its clients with code 0 and a reason, and stops when they are gone", async () => {
    const relay = await Relay.start(configWith());
    await using client = new Client(relay, await certificates.client("agent", "a", ["web"]));
    await client.register("agent", "web");
    const { port } = relay.adminAddress!;
    const started = performance.now();
    await relay.close();
    assert(performance.now() - started < 2500, "it waited for the whole drain timeout");
    const reason = await waitFor(() => client.handler.closed[0], "the close");
    assertEquals(reason, { by: "peer", application: true, code: 0, text: "server shutting down" });
    assertEquals(await relay.stopped, 0);
    await assertRejects(() => fetch(`http://127.0.0.1:${port}/healthz`));
  });

  it("answers on the admin endpoints while it drains, and takes no new clients", async () => {
    // With a clock that stands still the connections' draining periods don't end.
    const clock = new FakeClock();
    const relay = await Relay.start(configWith(), { clock });
    const identity = await certificates.client("agent", "a", ["web"]);
    await using client = new Client(relay, identity);
    await client.register("agent", "web");
    let isStopped = false;
    const closing = relay.close().finally(() => isStopped = true);
    const [code, reason] = await get(relay, "/readyz");
    assertEquals([code, reason.startsWith("draining")], [503, true]);
    assertEquals(JSON.parse((await get(relay, "/status"))[1]).phase, "draining");

    await using late = new Client(relay, identity);
    const ignored = 'ztna_relay_quic_packets_dropped_total{reason="not_accepting"}';
    let exposition = "";
    const deadline = performance.now() + 10_000;
    while (!new RegExp(`${ignored} [1-9]`).test(exposition)) {
      assert(performance.now() < deadline, "the late client's packets were not dropped");
      exposition = (await get(relay, "/metrics"))[1];
    }
    assert(exposition.includes("\nztna_relay_ready 0\n"));
    assertEquals([late.connection.isEstablished, isStopped], [false, false]);
    await waitFor(() => {
      clock.advance(1000);
      return isStopped;
    }, "the end of the drain");
    await closing;
  });

  it("uses renewed TLS files for new connections, and keeps the old ones when they are bad", async () => {
    const files = await certificates.server("reloaded");
    const { certificateFile, keyFile } = files;
    await using relay = await Relay.start(configWith({ certificateFile, keyFile }));
    const identity = await certificates.client("agent", "a", ["web"]);
    await using old = new Client(relay, identity);
    await old.register("agent", "web");

    Deno.writeTextFileSync(keyFile, "no key");
    await relay.reload();
    await using meanwhile = new Client(relay, identity);
    await meanwhile.register("agent", "web");
    const reloads = relay.metrics.counter.tlsReloads;
    assertEquals(reloads.labels({ result: "failed" }).value, 1);

    await certificates.server("reloaded");
    await relay.reload();
    assertEquals(reloads.labels({ result: "succeeded" }).value, 1);
    await using renewed = new Client(relay, identity);
    await renewed.register("agent", "web");
    assert(!old.connection.isClosed && !meanwhile.connection.isClosed);
  });

  const starts: [what: string, change: () => Partial<RelayConfig>, part: string][] = [
    ["a missing certificate", () => ({ certificateFile: "/nonexistent.pem" }), "/nonexistent.pem"],
    ["a key of another certificate", () => ({ keyFile: certificates.caFile }), "key"],
    ["a missing CA", () => ({ caFile: "/nonexistent-ca.pem" }), "/nonexistent-ca.pem"],
  ];
  for (const [what, change, part] of starts) {
    it(`does not start with ${what}`, async () => {
      const error = await assertRejects(() => Relay.start(configWith(change())), ConfigError);
      assert(error.message.includes(part), error.message);
    });
  }

  it("does not start on a UDP port in use, and leaves the admin port alone", async () => {
    await using relay = await Relay.start(configWith());
    const config = configWith({ port: relay.address.port });
    await assertRejects(() => Relay.start(config), ConfigError, String(relay.address.port));
  });

  it("does not start on an admin port in use, and gives the UDP port back", async () => {
    await using relay = await Relay.start(configWith());
    const port = bindUdp(0)!;
    const config = configWith({ port, admin: relay.adminAddress });
    await assertRejects(() => Relay.start(config), ConfigError, "--metrics-port");
    // The system gives a port back when the socket's last read has ended.
    await waitFor(() => bindUdp(port), "the UDP port");
    const options: RelayOptions = { instance: Uint8Array.of(0x41, 2, 3, 4) };
    await using second = await Relay.start(configWith({ port }), options);
    assertEquals([second.address.port, second.status().instance], [port, "41020304"]);
  });
});
