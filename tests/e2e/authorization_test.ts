import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createLogger } from "../../tunnel/log.ts";
import { readIdentity } from "../../tunnel/identity.ts";
import { TestCertificates, type TestIdentity } from "../support/certificates.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { QuicheClient } from "../support/quiche_client.ts";
import type { RegistrationAnswer } from "../support/tunnel_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

const packet = udpPacket("10.0.0.1:1 > 10.100.0.1:80", "hello");

interface NameCase {
  readonly names: readonly string[];
  readonly attempts: Readonly<Record<string, RegistrationAnswer>>;
}

/** What certificates with these names may do (protocol section 9.1). */
const nameCases: readonly NameCase[] = [
  {
    names: ["agent.web-app.ztna"],
    attempts: { "agent web-app": "ack", "connector web-app": "nack 2", "agent web": "nack 2" },
  },
  {
    names: ["connector.web-app.ztna"],
    attempts: { "connector web-app": "ack", "agent web-app": "nack 2" },
  },
  {
    names: ["agent.a.b.ztna"],
    attempts: { "agent a.b": "ack", "agent a": "nack 2", "agent b": "nack 2" },
  },
  {
    names: ["agent.*.ztna"],
    attempts: { "agent anything": "ack", "agent Any": "ack", "connector anything": "nack 2" },
  },
  {
    names: ["Agent.MyService.ZTNA"],
    attempts: { "agent myservice": "ack", "agent MyService": "nack 2" },
  },
  {
    names: ["agent.one.ztna", "connector.two.ztna"],
    attempts: { "agent one": "ack", "connector two": "ack", "agent two": "nack 2" },
  },
  {
    names: ["agent..ztna", "myservice.ztna", "admin.x.ztna", "www.example.com"],
    attempts: { "agent myservice": "nack 2", "agent x": "nack 2", "agent ": "nack 2" },
  },
];

/** A TLS alert as a transport close code: 116, certificate required (RFC 9001 section 4.8). */
const certificateRequired = 0x174;

describe("a relay that requires client certificates, as it does by default", () => {
  it("turns a client without one away and says why [LR10]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const client = await lab.client(relay);
    const { by, application, code } = await client.closed();
    assertEquals({ by, application, code }, {
      by: "peer",
      application: false,
      code: certificateRequired,
    });
    assertEquals(relay.metrics.counter.handshakes.labels({ result: "completed" }).value, 0);
    const failed = relay.metrics.counter.handshakes.labels({ result: "failed" });
    await waitFor(() => failed.value === 1, "the failed handshake");
  });

  it("takes nothing from a client that it turns away [LR28]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const tls = { caFile: lab.certificates.caFile, verifyPeer: true };
    for (let time = 0; time < 5; time++) {
      const client = lab.use(new QuicheClient({ remote: relay.address, tls }));
      await waitFor(() => client.connection.isEstablished, "the client's side of the handshake");
      // In the same flight as the end of the handshake, before the relay's verdict arrives.
      client.sendHex("1003776562");
      client.sendRouted("web", packet);
      await client.closed();
      assertEquals([client.answers, client.observed], [[], []]);
    }
    const { registrations, datagramsRelayed } = relay.metrics.counter;
    assertEquals([registrations.value, datagramsRelayed.value], [0, 0]);
    assertEquals(relay.metrics.gauge.services.value, 0);
  });

  it("does not finish the handshake of a client whose authority it does not know", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    using others = await TestCertificates.create("another authority");
    const forged = await others.client("agent", "forged", ["web"]);
    const client = await lab.client(relay, forged);
    const { by, application, code } = await client.closed();
    assertEquals([by, application, code >> 8], ["peer", false, 1]); // a TLS alert
    const failed = relay.metrics.counter.handshakes.labels({ result: "failed" });
    await waitFor(() => failed.value === 1, "the failed handshake");
    assertEquals(relay.metrics.counter.observedAddresses.value, 0);
  });

  it("turns a certificate without a common name away", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const nameless = await lab.certificates.clientWithNames("", ["agent.web.ztna"]);
    const client = await lab.client(relay, nameless);
    const { application, code, text } = await client.closed();
    assertEquals([application, code, text], [false, 1, "invalid client cert"]);
    assertEquals(relay.metrics.counter.refusedClients.labels({ reason: "invalid" }).value, 1);
  });

  it("lets a certificate without ztna names do nothing [LR10]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const identity = await lab.certificates.clientWithNames("nobody", ["www.example.com"]);
    const client = await lab.client(relay, identity);
    assertEquals(await client.register("agent", "web"), "nack 2");
    assertEquals(await client.register("connector", "web"), "nack 2");
    assertEquals(relay.metrics.gauge.services.value, 0);
    assertEquals(relay.metrics.counter.registrationRejections.value, 2);
  });

  it("lets each certificate do what its names say and no more", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    for (const [index, { names, attempts }] of nameCases.entries()) {
      const identity = await lab.certificates.clientWithNames(`case-${index}`, names);
      const client = await lab.client(relay, identity);
      for (const [attempt, answer] of Object.entries(attempts)) {
        const [role, service] = attempt.split(" ") as ["agent" | "connector", string];
        assertEquals(await client.register(role, service), answer, `${names} ${attempt}`);
      }
    }
  });

  it("answers NACK 2 for a service of somebody else, and routes nothing to it or from it", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const connector = await lab.registered(
      relay,
      "connector",
      "payroll",
      await lab.identity("connector", ["payroll"]),
    );
    const outsider = await lab.client(relay, await lab.identity("agent", ["web"]));
    assertEquals(await outsider.register("agent", "payroll"), "nack 2");
    outsider.sendRouted("payroll", packet);
    outsider.send(packet);
    await outsider.fence();
    assertEquals(await connector.takePackets(), []);

    const thief = await lab.client(relay, await lab.identity("connector", ["web"]));
    assertEquals(await thief.register("connector", "payroll"), "nack 2");
    const agent = await lab.registered(
      relay,
      "agent",
      "payroll",
      await lab.identity("agent", ["payroll"]),
    );
    agent.sendRouted("payroll", packet);
    assertEquals(await connector.nextPacket(), "10.0.0.1:1 > 10.100.0.1:80 hello");
    thief.send(udpPacket("10.100.0.1:80 > 10.0.0.1:1", "not from payroll"));
    await thief.fence();
    assertEquals([await agent.takePackets(), await thief.takePackets()], [[], []]);
  });

  it("ends a client's connection when its certificate ends [LR36]", async () => {
    await using lab = await TunnelLab.create();
    const identity = await lab.identity("agent", ["web"]);
    const notAfter = await notAfterOf(identity);
    const startedAt = performance.now();
    // The relay's calendar begins a moment before the certificate's end.
    const wallClock = (): number => notAfter - 200 + (performance.now() - startedAt);
    const relay = await lab.relay({}, { wallClock });
    const client = await lab.client(relay, identity);
    const { application, code, text } = await client.closed();
    assertEquals([application, code, text], [false, 1, "client cert expired"]);
    assertEquals(relay.metrics.counter.refusedClients.labels({ reason: "expired" }).value, 1);
  });
});

describe("a relay with the door open", () => {
  it("says so at start and in its status", async () => {
    await using lab = await TunnelLab.create();
    const lines: string[] = [];
    const logger = createLogger({
      level: "warn",
      format: "json",
      write: (line) => void lines.push(line),
    });
    const relay = await lab.openRelay({}, { logger });
    assertEquals(relay.status().requireClientCert, false);
    const warning = lines.find((line) => line.includes("client_certificates_not_required"));
    assertStringIncludes(warning ?? "", "may use and provide every service");
    assertEquals((await lab.relay()).status().requireClientCert, true);
  });

  it("lets clients without a certificate do everything", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const client = await lab.client(relay);
    assertEquals(await client.register("agent", "web"), "ack");
    assertEquals(await client.register("connector", "payroll"), "ack");
  });

  it("still lets a certificate do only what its names say", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const client = await lab.client(relay, await lab.identity("agent", ["web"]));
    assertEquals(await client.register("agent", "web"), "ack");
    assertEquals(await client.register("agent", "payroll"), "nack 2");
    assertEquals(await client.register("connector", "web"), "nack 2");
    const nobody = await lab.certificates.clientWithNames("nobody", ["www.example.com"]);
    assertEquals(await (await lab.client(relay, nobody)).register("agent", "web"), "nack 2");
  });

  it("asks for no certificate when it knows no authority", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ caFile: undefined });
    const client = await lab.client(relay, await lab.identity("agent", ["web"]));
    assertEquals(await client.register("connector", "anything"), "ack");
  });
});

function notAfterOf(identity: TestIdentity): Promise<number> {
  const base64 = identity.certificatePem.replace(/-----[^-]+-----|\s/g, "");
  const contents = readIdentity(Uint8Array.fromBase64(base64));
  assert("notAfter" in contents);
  return Promise.resolve(contents.notAfter);
}
