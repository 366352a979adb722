import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import type { QuicConnection } from "./connection.ts";
import { ReceivedBatch } from "../forwarding_time.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { datagramSendQueueLength } from "./limits.ts";
import { isLongHeader, longPacketType, parseLongHeader } from "./packet_header.ts";

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

function numbered(index: number, length = 4): Uint8Array {
  const data = new Uint8Array(length);
  new DataView(data.buffer).setUint32(0, index);
  return data;
}

describe("QuicConnection.sendDatagram", () => {
  it("carries up to 1,306 bytes between two of ours, both ways (protocol section 1.2)", async () => {
    await using lab = newLab();
    const { server, client, accepted } = await lab.connectedPair();
    assertEquals([client.connection.maxDatagramLength, accepted.maxDatagramLength], [1306, 1306]);
    for (const length of [0, 1, 1305, 1306]) {
      const data = crypto.getRandomValues(new Uint8Array(length));
      assertEquals(client.connection.sendDatagram(data), "queued");
      assertEquals(accepted.sendDatagram(data), "queued");
      for (const { handler } of [server, client]) {
        await waitFor(() => handler.datagrams.length > 0, `${length} bytes`);
        assertEquals(handler.datagrams.splice(0), [data]);
      }
    }
    const { stats } = client.endpoint;
    assertEquals([stats.datagramsSent, stats.datagramsReceived], [4, 4]);
  });

  it("refuses a longer one, and counts that", async () => {
    await using lab = newLab();
    const { client } = await lab.connectedPair();
    assertEquals(client.connection.sendDatagram(new Uint8Array(1307)), "too_long");
    const { stats } = client.endpoint;
    assertEquals([stats.datagramsDropped.too_long, stats.datagramsSent], [1, 0]);
  });

  it("reaches peers with shorter connection IDs with longer DATAGRAMs", async () => {
    await using lab = newLab();
    for (const connectionIdLength of [0, 8, 16, 20]) {
      const server = lab.startServer();
      using client = new NativeClient(server.endpoint.address, { connectionIdLength });
      const accepted = await waitFor(() => server.handler.established[0], "the connection");
      const longest = 1326 - connectionIdLength;
      assertEquals(accepted.maxDatagramLength, longest);
      assertEquals(accepted.sendDatagram(new Uint8Array(longest + 1)), "too_long");
      assertEquals(accepted.sendDatagram(new Uint8Array(longest)), "queued");
      await waitFor(() => client.datagrams.length > 0, "the longest DATAGRAM");
      assertEquals(client.datagrams[0]!.length, longest);
    }
  });

  it("respects the packet size that a peer announces", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using client = new NativeClient(server.endpoint.address, {
      connectionIdLength: 20,
      configure: (config) => config.setMaxRecvUdpPayloadSize(1250),
    });
    const accepted = await waitFor(() => server.handler.established[0], "the connection");
    assertEquals(accepted.maxDatagramLength, 1206);
    accepted.sendDatagram(new Uint8Array(1206));
    await waitFor(() => client.datagrams.length > 0, "the longest DATAGRAM");
  });

  it("sends none to a peer that wants none", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using _client = new NativeClient(server.endpoint.address, {
      configure: (config) => config.enableDgram(false, 0, 0),
    });
    const accepted = await waitFor(() => server.handler.established[0], "the connection");
    assertEquals(accepted.maxDatagramLength, 0);
    assertEquals(accepted.sendDatagram(new Uint8Array(1)), "too_long");
    assertEquals(accepted.isClosed, false);
  });

  it("takes nothing before the handshake", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const { connection, endpoint } = lab.connect(server.endpoint.address);
    assertEquals(connection.maxDatagramLength, 0);
    assertEquals(connection.sendDatagram(new Uint8Array(1)), "closed");
    assertEquals(endpoint.stats.datagramsDropped.closed, 1);
  });

  it("copies what it sends, and keeps the order", async () => {
    await using lab = newLab();
    const { client, server } = await lab.connectedPair();
    const data = numbered(0);
    for (let index = 0; index < 200; index++) {
      data.set(numbered(index));
      assertEquals(client.connection.sendDatagram(data), "queued");
    }
    await waitFor(() => server.handler.datagrams.length === 200, "all DATAGRAMs");
    assertEquals(server.handler.datagrams, Array.from({ length: 200 }, (_, i) => numbered(i)));
  });

  it("sends from within onDatagram, on the same and on another connection", async () => {
    await using lab = newLab();
    const server = lab.startServer({
      hooks: {
        onDatagram: (_, data) => {
          for (const each of server.endpoint.connections()) each.sendDatagram(data);
        },
      },
    });
    const first = await lab.connectEstablished(server.endpoint.address);
    const second = await lab.connectEstablished(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 2, "the server's side");
    for (let index = 0; index < 50; index++) first.connection.sendDatagram(numbered(index));
    for (const { handler } of [first, second]) {
      await waitFor(() => handler.datagrams.length === 50, "the echoes");
      assertEquals(handler.datagrams, Array.from({ length: 50 }, (_, i) => numbered(i)));
    }
  });

  it("lets a handler change the data in place", async () => {
    await using lab = newLab();
    const { client } = await lab.connectedPair({
      hooks: {
        onDatagram: (connection, data) => {
          data[0]! ^= 0xff;
          connection.sendDatagram(data.subarray(0, 2));
        },
      },
    });
    client.connection.sendDatagram(new Uint8Array([1, 2, 3]));
    await waitFor(() => client.handler.datagrams.length > 0, "the answer");
    assertEquals(client.handler.datagrams, [new Uint8Array([0xfe, 2])]);
  });
});

describe("QuicConnection whose peer does not read", () => {
  it("queues a bounded number of DATAGRAMs, counts the rest, and leaves others alone", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using deaf = new NativeClient(server.endpoint.address);
    const accepted = await waitFor(() => server.handler.established[0], "the deaf client");
    deaf.isReading = false;
    const results = new Map<string, number>();
    for (let index = 0; index < 3 * datagramSendQueueLength; index++) {
      const result = accepted.sendDatagram(new Uint8Array(1200));
      results.set(result, (results.get(result) ?? 0) + 1);
    }
    const { stats } = server.endpoint;
    assertEquals(results.get("queued"), datagramSendQueueLength);
    assertEquals(results.get("queue_full"), 2 * datagramSendQueueLength);
    assertEquals(stats.datagramsDropped.queue_full, 2 * datagramSendQueueLength);
    await waitFor(() => stats.datagramsWaiting > 0, "the window to close");
    assert(stats.datagramsWaiting <= datagramSendQueueLength);

    const other = await lab.connectEstablished(server.endpoint.address);
    const live = await waitFor(() => server.handler.established[1], "the other client");
    for (let index = 0; index < 20; index++) {
      live.sendDatagram(numbered(index, 1000));
      accepted.sendDatagram(new Uint8Array(1200));
    }
    await waitFor(() => other.handler.datagrams.length === 20, "the other's DATAGRAMs");

    accepted.close(0, "too slow");
    await waitFor(() => stats.datagramsWaiting === 0, "the queue's end");
  });
});

describe("A DATAGRAM that is forwarded", () => {
  it("is timed from the receipt of its batch until the system has it", async () => {
    await using lab = newLab();
    const samples: number[] = [];
    const batch = new ReceivedBatch();
    const forwarding = { batch, onSample: (ms: number): void => void samples.push(ms) };
    const onDatagram = (connection: QuicConnection, data: Uint8Array): void => {
      for (const end = performance.now() + 20; performance.now() < end;);
      connection.sendDatagram(data, data[0] === 1);
    };
    const { client } = await lab.connectedPair({ forwarding, hooks: { onDatagram } });
    for (const first of [0, 1]) {
      client.connection.sendDatagram(Uint8Array.of(first));
      await waitFor(() => client.handler.datagrams.length > first, "the answer");
    }
    assertEquals(samples.length, 1);
    assert(samples[0]! >= 20 && samples[0]! < 10_000, `${samples[0]} ms`);
  });
});

describe("QuicConnection.pathStats", () => {
  it("tells the round-trip time and the packets that were lost", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address, { delayMs: 10 });
    const { connection } = await lab.connectEstablished(link.address);
    assert(connection.pathStats().rttMs! >= 20, `${connection.pathStats().rttMs} ms`);
    assertEquals(connection.pathStats().packetsLost, 0);
    link.faults = { lossRate: 1 };
    for (let index = 0; index < 5; index++) connection.sendDatagram(numbered(index, 1200));
    await waitFor(() => link.counts.lost >= 5, "the loss");
    link.faults = {};
    await waitFor(() => {
      connection.sendDatagram(numbered(0));
      return connection.pathStats().packetsLost > 0;
    }, "the library to notice");
  });
});

describe("A DATAGRAM behind a late handshake packet in one UDP datagram", () => {
  it("is delivered", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address);
    let handshake: Uint8Array | undefined;
    link.watcher = (direction, packet) => {
      if (direction === "to_client") return;
      for (let rest = packet; rest.length > 0 && isLongHeader(rest);) {
        const { type, end } = parseLongHeader(rest)!;
        if (type === longPacketType.handshake) handshake = rest.slice(0, end);
        rest = rest.subarray(end);
      }
    };
    const client = await lab.connectEstablished(link.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    assert(handshake !== undefined, "a handshake packet was seen");
    // By now the server has discarded the keys of handshake packets.
    let coalesced = 0;
    link.watcher = (direction, packet) => {
      if (direction === "to_client" || isLongHeader(packet)) return;
      coalesced += 1;
      void link.inject(new Uint8Array([...handshake!, ...packet]));
      return false;
    };
    for (let index = 0; index < 5; index++) client.connection.sendDatagram(numbered(index, 1000));
    await waitFor(() => server.handler.datagrams.length === 5, "the DATAGRAMs");
    assert(coalesced > 0);
  });
});
