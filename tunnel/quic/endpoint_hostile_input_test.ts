import { assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { newInitial } from "../../tests/support/crafted_packets.ts";
import {
  dropsOf,
  type LabEndpoint,
  QuicLab,
  waitForPackets,
} from "../../tests/support/quic_lab.ts";
import { RawSocket } from "../../tests/support/raw_socket.ts";
import { seededRandom } from "../../tests/support/seeded_random.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { isLongHeader } from "./packet_header.ts";
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

async function assertStillServes(lab: QuicLab, server: LabEndpoint): Promise<void> {
  const before = server.handler.datagrams.length;
  const { connection } = await lab.connectEstablished(server.endpoint.address);
  connection.sendDatagram(new Uint8Array([1]));
  await waitFor(() => server.handler.datagrams.length > before, "a DATAGRAM");
}

/** The connection ID under which the server knows a new connection. */
async function capturedCid(lab: QuicLab, server: LabEndpoint): Promise<Uint8Array> {
  using link = UdpLink.open(server.endpoint.address);
  let cid: Uint8Array | undefined;
  link.watcher = (direction, packet) => {
    if (direction === "to_server" && !isLongHeader(packet)) cid ??= packet.slice(1, 21);
  };
  const { connection } = await lab.connectEstablished(link.address);
  return await waitFor(() => {
    connection.sendDatagram(new Uint8Array([2]));
    return cid;
  }, "a short-header packet");
}

describe("Garbage", () => {
  it("of every length is dropped and counted, and answered with nothing", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(new Uint8Array(32)) });
    using socket = new RawSocket();
    const random = seededRandom(7);
    let sent = 0;
    for (let length = 0; length <= 1500; length += 1 + Math.floor(random() * 12)) {
      const packet = Uint8Array.from({ length }, () => random() * 256);
      // Nothing that looks like a first packet of a client, or like a version to be negotiated.
      if (length > 4) packet.set([packet[0]! | 0xd0, 0, 0, 0, 1]);
      await socket.send(packet, server.endpoint.address);
      await socket.send(packet.map((byte) => byte & 0x7f), server.endpoint.address);
      sent += 2;
    }
    await waitForPackets(server, sent);
    const { stats } = server.endpoint;
    assertEquals(
      Object.values(stats.packetsDropped).reduce((sum, count) => sum + count, 0),
      sent,
    );
    assertEquals([stats.packetsSent, stats.connections], [0, 0]);
    await assertStillServes(lab, server);
    assertEquals(socket.received, []);
  });

  it("for an established connection leaves it as it is", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    const cid = await capturedCid(lab, server);
    using socket = new RawSocket();
    const random = seededRandom(9);
    const before = server.endpoint.stats.packetsReceived;
    const random256 = (): number => random() * 256;
    for (let count = 0; count < 150; count++) {
      const length = 21 + Math.floor(random() * 1300);
      const packet = Uint8Array.from({ length }, random256);
      packet[0] = 0x40 | (packet[0]! & 0x3f);
      packet.set(cid, 1);
      await socket.send(packet, server.endpoint.address);
    }
    await waitForPackets(server, before + 150);
    assertEquals(server.handler.closed, []);
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length > 0, "a DATAGRAM");
  });

  it("in long headers never throws and never opens a connection, whatever is changed", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(new Uint8Array(32)) });
    using socket = new RawSocket();
    const mutation = fc.record({ at: fc.nat(120), to: fc.nat(255) });
    const initial = newInitial();
    let sent = 0;
    for (const mutations of fc.sample(fc.array(mutation, { maxLength: 5 }), 200)) {
      const packet = initial.slice();
      for (const { at, to } of mutations) packet[at] = to;
      await socket.send(packet, server.endpoint.address);
      sent += 1;
    }
    await waitForPackets(server, sent);
    assertEquals(server.endpoint.stats.connections, 0);
    await assertStillServes(lab, server);
  });
});

describe("A connectivity check of 26 bytes from a reference agent (protocol section 5.3)", () => {
  for (const resetKey of [undefined, new Uint8Array(32)]) {
    it(`is ignored silently ${resetKey ? "with" : "without"} a reset key`, async () => {
      await using lab = newLab();
      const server = lab.startServer(resetKey === undefined ? {} : { resetKey });
      using socket = new RawSocket();
      for (let count = 0; count < 20; count++) {
        const request = new Uint8Array(26);
        request[0] = 0x5a;
        crypto.getRandomValues(request.subarray(5, 17));
        await socket.send(request, server.endpoint.address);
      }
      await waitForPackets(server, 20);
      assertEquals(dropsOf(server.endpoint.stats), { unknown_connection: 20 });
      assertEquals(server.endpoint.stats.packetsSent, 0);
      await assertStillServes(lab, server);
      assertEquals(socket.received, []);
      assertEquals(server.endpoint.stats.statelessResetsSent, 0);
    });
  }
});

describe("A source port of 0", () => {
  it("ends nothing, as no packet can be sent there (faults LR14 and LR15)", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    // No socket sends from port 0: the address is given to the endpoint's own sending side.
    const nowhere = lab.connect({ hostname: "127.0.0.1", port: 0 }, { endpoint: client.endpoint });
    const unreachable = lab.connect({ hostname: "192.0.2.1", port: 9 }, {
      endpoint: client.endpoint,
    });
    await waitFor(() => client.endpoint.sendErrors >= 2, "the errors");
    assertEquals([nowhere.connection.isClosed, unreachable.connection.isClosed], [false, false]);
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a DATAGRAM");
  });
});
