import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { type LabEndpoint, QuicLab } from "../../tests/support/quic_lab.ts";
import { RawSocket } from "../../tests/support/raw_socket.ts";
import { seededRandom } from "../../tests/support/seeded_random.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { FakeClock } from "../fake_clock.ts";
import type { EndpointStats, PacketDropReason } from "./endpoint_stats.ts";
import { initialsPerSecond, maxHandshakes, statelessRepliesPerSecond } from "./limits.ts";
import { isLongHeader, longPacketType, parseLongHeader, quicVersion1 } from "./packet_header.ts";
import { quiche } from "./quiche.ts";
import { RetryTokens } from "./retry_tokens.ts";
import { createClientConfig } from "./tls_config.ts";

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

const clientConfig = createClientConfig({ verifyPeer: false });

/** A client's first datagram; every call makes another client. */
function newInitial(): Uint8Array {
  const address = { host: "127.0.0.1", port: 1 };
  const cid = crypto.getRandomValues(new Uint8Array(20));
  const connection = quiche.Connection.connect("a", cid, address, address, clientConfig);
  const datagram = new Uint8Array(1350);
  const [length] = connection.send(datagram)!;
  return datagram.subarray(0, length);
}

/** An Initial with another version, or with a token, of the same total length. */
function craftInitial(
  parts: { version?: number; token?: Uint8Array; cid?: Uint8Array },
): Uint8Array {
  const { version = quicVersion1, token = new Uint8Array(0), cid = new Uint8Array(20) } = parts;
  const datagram = new Uint8Array(1200);
  datagram[0] = 0xc3;
  new DataView(datagram.buffer).setUint32(1, version);
  datagram[5] = cid.length;
  datagram.set(cid, 6);
  let offset = 6 + cid.length;
  datagram[offset] = 8;
  offset += 9;
  datagram[offset] = 0x40 | token.length >> 8;
  datagram[offset + 1] = token.length & 0xff;
  datagram.set(token, offset + 2);
  return datagram;
}

/** Waits until `count` more packets have been received and processed. */
async function waitForPackets(server: LabEndpoint, count: number): Promise<void> {
  const { stats } = server.endpoint;
  await waitFor(() => stats.packetsReceived >= count, `${count} packets`);
}

function drops(stats: EndpointStats): Partial<Record<PacketDropReason, number>> {
  return Object.fromEntries(Object.entries(stats.packetsDropped).filter(([, count]) => count > 0));
}

async function assertStillServes(lab: QuicLab, server: LabEndpoint): Promise<void> {
  const before = server.handler.datagrams.length;
  const { connection } = await lab.connectEstablished(server.endpoint.address);
  connection.sendDatagram(new Uint8Array([1]));
  await waitFor(() => server.handler.datagrams.length > before, "a DATAGRAM");
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
      assertEquals(drops(server.endpoint.stats), { unknown_connection: 20 });
      assertEquals(server.endpoint.stats.packetsSent, 0);
      await assertStillServes(lab, server);
      assertEquals(socket.received, []);
      assertEquals(server.endpoint.stats.statelessResetsSent, 0);
    });
  }
});

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
    assertEquals(drops(stats), { unsupported_version: 1 });
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
    assertEquals(drops(stats), { initial_too_short: 1, unsupported_version: 1 });
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
    assertEquals(drops(server.endpoint.stats), { initial_too_short: 1 });
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
    assertEquals(drops(server.endpoint.stats), { unparsable: 8 });
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
    assertEquals(drops(client.endpoint.stats), { unknown_connection: 2 });
    assertEquals(socket.received, []);
  });
});

describe("A Retry token", () => {
  const key = new Uint8Array(32).fill(3);

  it("that is forged, or of another key, is dropped, counted and not answered", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(key) });
    using socket = new RawSocket();
    const cid = ourCid(server);
    const foreign = new RetryTokens(new Uint8Array(32)).seal(socket.address, cid);
    const elsewhere = new RetryTokens(key).seal({ hostname: "127.0.0.1", port: 9 }, cid);
    const damaged = new RetryTokens(key).seal(socket.address, cid);
    damaged[20]! ^= 1;
    const tokens = [foreign, elsewhere, damaged, new Uint8Array(1), new Uint8Array(300)];
    for (const token of tokens) {
      await socket.send(craftInitial({ token, cid }), server.endpoint.address);
    }
    await waitForPackets(server, tokens.length);
    const { stats } = server.endpoint;
    assertEquals(drops(stats), { invalid_token: tokens.length });
    assertEquals([stats.retryTokenFailures, stats.retryTokensValidated], [tokens.length, 0]);
    assertEquals([stats.connections, stats.packetsSent], [0, 0]);
    assertEquals(socket.received, []);
  });

  it("that has expired is dropped", async () => {
    await using lab = newLab();
    let now = 1_000_000;
    const server = lab.startServer({ retry: new RetryTokens(key, () => now) });
    using link = UdpLink.open(server.endpoint.address);
    link.watcher = (direction, packet) => {
      const isRetry = direction === "to_client" &&
        parseLongHeader(packet)?.type === longPacketType.retry;
      if (isRetry) now += 61;
    };
    const client = lab.connect(link.address);
    await waitFor(() => server.endpoint.stats.retryTokenFailures > 0, "the refusal");
    assertEquals(client.connection.isEstablished, false);
    assertEquals(server.endpoint.stats.connections, 0);
  });

  it("opens one connection only, also under another connection ID (fault LR17)", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(key) });
    using link = UdpLink.open(server.endpoint.address);
    let initial: Uint8Array | undefined;
    link.watcher = (direction, packet) => {
      if (direction === "to_server" && (parseLongHeader(packet)?.token.length ?? 0) > 0) {
        initial ??= packet.slice();
      }
    };
    await lab.connectEstablished(link.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    const { token } = parseLongHeader(initial!)!;
    const before = server.endpoint.stats.packetsReceived;
    for (let count = 0; count < 5; count++) {
      await link.inject(craftInitial({ token, cid: ourCid(server) }));
    }
    await waitForPackets(server, before + 5);
    assertEquals(server.endpoint.stats.connections, 1);
    assertEquals(server.endpoint.stats.retryTokenFailures, 5);
  });

  it("made by one process is good for another with the same key (fault LR17)", async () => {
    await using lab = newLab();
    const first = lab.startServer({ retry: new RetryTokens(key) });
    const second = lab.startServer({ retry: new RetryTokens(key.slice()) });
    using toFirst = UdpLink.open(first.endpoint.address);
    // The client's second Initial goes to the other server, from the same address.
    let isDiverted = false;
    toFirst.watcher = (direction, packet) => {
      if (direction === "to_client" || (parseLongHeader(packet)?.token.length ?? 0) === 0) return;
      isDiverted = true;
      void toFirst.inject(packet, second.endpoint.address);
      return false;
    };
    lab.connect(toFirst.address);
    await waitFor(() => isDiverted, "the second Initial");
    await waitFor(() => second.endpoint.stats.retryTokensValidated === 1, "the other's approval");
    assertEquals(first.endpoint.stats.connections, 0);
  });

  it("with a connection ID that no Retry of ours named is dropped", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(key) });
    using socket = new RawSocket();
    const cids = [new Uint8Array(20), new Uint8Array(8).fill(0x41), new Uint8Array(20).fill(0xff)];
    for (const cid of cids) {
      const token = new RetryTokens(key).seal(socket.address, new Uint8Array(8));
      await socket.send(craftInitial({ token, cid }), server.endpoint.address);
    }
    await waitForPackets(server, cids.length);
    assertEquals(drops(server.endpoint.stats), { invalid_token: cids.length });
  });

  it("is never longer than the packet that asks for it allows", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(key) });
    using socket = new RawSocket();
    await socket.send(newInitial(), server.endpoint.address);
    const reply = await waitFor(() => socket.received[0], "the Retry");
    assertEquals(parseLongHeader(reply)!.type, longPacketType.retry);
    assert(reply.length < 200, `${reply.length} bytes`);
  });
});

function ourCid(server: LabEndpoint): Uint8Array {
  const cid = crypto.getRandomValues(new Uint8Array(20));
  cid[0] = 0x40;
  cid.set(server.endpoint.instance, 1);
  return cid;
}

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
    await assertStillServes(lab, server);
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
    assert(maxHandshakes > 0);
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
