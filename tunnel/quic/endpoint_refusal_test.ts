import { assertEquals, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { DenoClient } from "../../tests/support/deno_client.ts";
import { dropsOf, QuicLab, waitForPackets } from "../../tests/support/quic_lab.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { FakeClock } from "../fake_clock.ts";
import { refusalsPerSecond } from "./limits.ts";
import { RetryTokens } from "./retry_tokens.ts";

let certificates: TestCertificates;
let identity: TestIdentity;

before(async () => {
  certificates = await TestCertificates.create();
  identity = await certificates.server();
});
after(() => certificates[Symbol.dispose]());

function newLab(): QuicLab {
  return new QuicLab(certificates, identity);
}

const reason = "server draining";

/** An Initial with the given version and destination ID, which nobody has encrypted. */
function initial(
  change: { version?: number; cidLength?: number; length?: number } = {},
): Uint8Array {
  const { version = 1, cidLength = 8, length = 1200 } = change;
  const packet = new Uint8Array(length);
  packet.set([0xc0, 0, 0, 0, version, cidLength]);
  return packet;
}

describe("QuicEndpoint that refuses new connections", () => {
  for (const retry of [undefined, new RetryTokens(new Uint8Array(32))]) {
    it(`says so in one packet, ${retry ? "with" : "without"} Retry, and keeps nothing`, async () => {
      await using lab = newLab();
      const server = lab.startServer({ retry });
      server.endpoint.refuseNewConnections(reason);
      const client = lab.connect(server.endpoint.address);
      await waitFor(() => client.connection.isClosed, "the refusal");
      assertEquals(client.handler.closed, [
        { by: "handshake", application: false, code: 2, text: reason },
      ]);
      const { stats } = server.endpoint;
      assertEquals([stats.refusalsSent, stats.packetsSent, stats.connections], [1, 0, 0]);
      assertEquals(dropsOf(stats), { not_accepting: 1 });
    });
  }

  it("is understood by another QUIC than ours", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    server.endpoint.refuseNewConnections(reason);
    await assertRejects(
      () => DenoClient.connect({ remote: server.endpoint.address, caPem: certificates.caPem }),
      Error,
      `the server refused to accept a new connection: ${reason}`,
    );
  });

  it("keeps the connections that it has, and lets handshakes under way finish", async () => {
    await using lab = newLab();
    const { server, client, accepted } = await lab.connectedPair();
    using link = UdpLink.open(server.endpoint.address, { delayMs: 20 });
    const late = lab.connect(link.address);
    await waitFor(() => server.endpoint.stats.handshaking === 1, "the beginning of a handshake");
    server.endpoint.refuseNewConnections(reason);
    await waitFor(() => late.connection.isEstablished, "the end of that handshake");
    client.connection.sendDatagram(Uint8Array.of(1));
    await waitFor(() => server.handler.datagrams.length === 1, "the DATAGRAM");
    assertEquals([accepted.isClosed, server.endpoint.stats.refusalsSent], [false, 0]);
  });

  it("answers only what could open a connection, and no more often than its limit", async () => {
    await using lab = newLab();
    const clock = new FakeClock();
    const server = lab.startServer({ clock });
    server.endpoint.refuseNewConnections(reason);
    using link = UdpLink.open(server.endpoint.address);
    let sent = 0;
    const send = async (packet: Uint8Array): Promise<void> => {
      await link.inject(packet);
      await waitForPackets(server, ++sent);
    };
    await send(initial({ cidLength: 7 }));
    await send(initial({ length: 1199 }));
    const { stats } = server.endpoint;
    assertEquals(stats.refusalsSent, 0);
    for (let i = 0; i < refusalsPerSecond + 10; i++) await send(initial());
    assertEquals(stats.refusalsSent, refusalsPerSecond);
    clock.advance(1000);
    await send(initial());
    assertEquals(stats.refusalsSent, refusalsPerSecond + 1);
  });

  it("says nothing any more once it closes", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    server.endpoint.refuseNewConnections(reason);
    server.endpoint.stopAccepting();
    server.endpoint.refuseNewConnections(reason);
    lab.connect(server.endpoint.address);
    await waitForPackets(server, 1);
    assertEquals(server.endpoint.stats.refusalsSent, 0);
  });
});
