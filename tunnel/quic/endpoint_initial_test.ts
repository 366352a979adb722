import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { craftInitial, newInitial } from "../../tests/support/crafted_packets.ts";
import { dropsOf, QuicLab, waitForPackets } from "../../tests/support/quic_lab.ts";
import { RawSocket } from "../../tests/support/raw_socket.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { FakeClock } from "../fake_clock.ts";
import { initialsPerSecond, statelessRepliesPerSecond } from "./limits.ts";
import { parseLongHeader, quicVersion1 } from "./packet_header.ts";
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

describe("Version negotiation", () => {
  const unknown = 0x1a2a3a4a;

  it("answers an unknown version with version 1, and keeps nothing", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using socket = new RawSocket();
    const cid = crypto.getRandomValues(new Uint8Array(11));
    await socket.send(craftInitial({ version: unknown, cid }), server.endpoint.address);
    const reply = await waitFor(() => socket.received[0], "the answer");
    const header = parseLongHeader(reply)!;
    assertEquals(header.version, 0);
    assertEquals(header.sourceCid, cid);
    assertEquals(reply.length % 4, (7 + 8 + 11) % 4);
    const versions = new DataView(reply.buffer, 7 + 8 + 11);
    const offered = Array.from(
      { length: versions.byteLength / 4 },
      (_, i) => versions.getUint32(4 * i),
    );
    assert(offered.includes(quicVersion1));
    const { stats } = server.endpoint;
    assertEquals([stats.versionNegotiationsSent, stats.connections], [1, 0]);
    assertEquals(dropsOf(stats), { unsupported_version: 1 });
  });

  it("answers no datagram of less than 1,200 bytes, and no negotiation packet", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using socket = new RawSocket();
    const short = craftInitial({ version: unknown }).subarray(0, 1199);
    await socket.send(short, server.endpoint.address);
    await socket.send(craftInitial({ version: 0 }), server.endpoint.address);
    await waitForPackets(server, 2);
    const { stats } = server.endpoint;
    assertEquals(dropsOf(stats), { initial_too_short: 1, unsupported_version: 1 });
    assertEquals([stats.versionNegotiationsSent, stats.packetsSent], [0, 0]);
  });

  it("is limited per second", async () => {
    await using lab = newLab();
    const server = lab.startServer({ clock: new FakeClock() });
    using socket = new RawSocket();
    const count = statelessRepliesPerSecond + 50;
    for (let index = 0; index < count; index++) {
      await socket.send(craftInitial({ version: unknown }), server.endpoint.address);
    }
    await waitForPackets(server, count);
    assertEquals(server.endpoint.stats.versionNegotiationsSent, statelessRepliesPerSecond);
  });
});

describe("An Initial", () => {
  it("in a datagram of less than 1,200 bytes is ignored", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using socket = new RawSocket();
    await socket.send(newInitial().subarray(0, 1199), server.endpoint.address);
    await waitForPackets(server, 1);
    assertEquals(dropsOf(server.endpoint.stats), { initial_too_short: 1 });
    assertEquals(server.endpoint.stats.packetsSent, 0);
  });

  it("with a connection ID of less than 8 bytes is ignored", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using socket = new RawSocket();
    for (let length = 0; length < 8; length++) {
      await socket.send(craftInitial({ cid: new Uint8Array(length) }), server.endpoint.address);
    }
    await waitForPackets(server, 8);
    assertEquals(dropsOf(server.endpoint.stats), { unparsable: 8 });
  });

  it("that is damaged opens no lasting connection", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using socket = new RawSocket();
    const initial = newInitial();
    const damaged = initial.slice();
    damaged[300]! ^= 1;
    await socket.send(damaged, server.endpoint.address);
    await waitFor(() => server.handler.closed.length === 1, "the end");
    await waitFor(() => server.endpoint.stats.connections === 0, "the release");
    // Its connection ID is free again.
    await socket.send(initial, server.endpoint.address);
    await waitFor(() => server.endpoint.stats.connections === 1, "another connection");
  });

  it("that is repeated opens one connection without Retry, too (fault LR16)", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using socket = new RawSocket();
    const initial = newInitial();
    for (let count = 0; count < 5; count++) await socket.send(initial, server.endpoint.address);
    await waitForPackets(server, 5);
    assertEquals(server.endpoint.stats.connections, 1);
  });

  it("that comes again after the handshake opens no second connection (fault LR16)", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address);
    let initial: Uint8Array | undefined;
    link.watcher = (direction, packet) => {
      if (direction === "to_server") initial ??= packet.slice();
    };
    const client = await lab.connectEstablished(link.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    const before = server.endpoint.stats.packetsReceived;
    await link.inject(initial!);
    await waitForPackets(server, before + 1);
    assertEquals(server.endpoint.stats.connections, 1);
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a DATAGRAM");
  });

  it("is answered by a client-only endpoint with nothing", async () => {
    await using lab = newLab();
    const { client } = await lab.connectedPair();
    using socket = new RawSocket();
    const before = client.endpoint.stats.packetsReceived;
    await socket.send(newInitial(), client.endpoint.address);
    await socket.send(craftInitial({ version: 5 }), client.endpoint.address);
    await waitForPackets(client, before + 2);
    assertEquals(dropsOf(client.endpoint.stats), { unknown_connection: 2 });
    assertEquals(socket.received, []);
  });
});

describe("A flood of Initials from many ports", () => {
  it("with Retry keeps nothing", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(new Uint8Array(32)) });
    const initials = Array.from({ length: 20 }, newInitial);
    for (let count = 0; count < 30; count++) {
      using socket = new RawSocket();
      for (const initial of initials) await socket.send(initial, server.endpoint.address);
    }
    await waitForPackets(server, 600);
    assertEquals(server.endpoint.stats.connections, 0);
    assertEquals(server.endpoint.stats.retriesSent, 600);
    await lab.connectEstablished(server.endpoint.address);
  });

  it("without Retry opens no more than the limit of connections", async () => {
    await using lab = newLab();
    const server = lab.startServer({ maxConnections: 30 });
    const other = await lab.connectEstablished(server.endpoint.address);
    for (let count = 0; count < 10; count++) {
      using socket = new RawSocket();
      for (let index = 0; index < 10; index++) {
        await socket.send(newInitial(), server.endpoint.address);
      }
      await waitFor(() => server.endpoint.stats.packetsReceived >= 10 * (count + 1), "packets");
    }
    const { stats } = server.endpoint;
    await waitFor(() => stats.packetsDropped.connection_limit >= 71, "the limit");
    assertEquals(stats.connections, 30);
    other.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "the other's DATAGRAM");
  });

  it("is answered a limited number of times per second", async () => {
    await using lab = newLab();
    const clock = new FakeClock();
    const retry = new RetryTokens(new Uint8Array(32));
    const server = lab.startServer({ clock, retry });
    using socket = new RawSocket();
    const initial = newInitial();
    const { stats } = server.endpoint;
    const total = initialsPerSecond + 100;
    for (let sent = 0; sent < total; sent += 100) {
      const packets = Array.from(
        { length: 100 },
        () => socket.send(initial, server.endpoint.address),
      );
      await Promise.all(packets);
      await waitForPackets(server, sent + 100);
    }
    assertEquals([stats.retriesSent, stats.packetsDropped.initial_rate_limit], [
      initialsPerSecond,
      100,
    ]);
    clock.advance(10);
    await socket.send(initial, server.endpoint.address);
    await waitForPackets(server, total + 1);
    assertEquals(stats.retriesSent, initialsPerSecond + 1);
  });
});

describe("Handshakes under way", () => {
  it("are limited, and connections that are merely closing don't count", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const clients = Array.from({ length: 5 }, () => lab.connect(server.endpoint.address));
    await waitFor(() => server.handler.established.length === 5, "the connections");
    const { stats } = server.endpoint;
    assertEquals(stats.handshaking, 0);
    for (const { connection } of clients) connection.close(0, "");
    await waitFor(() => stats.establishedConnections === 0, "the ends");
    assertEquals(stats.handshaking, 0);
    using socket = new RawSocket();
    for (let count = 0; count < 3; count++) {
      await socket.send(newInitial(), server.endpoint.address);
    }
    await waitFor(() => stats.handshaking === 3, "three handshakes");
  });
});
