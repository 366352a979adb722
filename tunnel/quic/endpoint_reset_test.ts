import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { type LabConnection, QuicLab } from "../../tests/support/quic_lab.ts";
import { RawSocket } from "../../tests/support/raw_socket.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { pause, waitFor } from "../../tests/support/wait.ts";
import { FakeClock } from "../fake_clock.ts";
import { statelessRepliesPerSecond } from "./limits.ts";
import { isLongHeader } from "./packet_header.ts";

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

const resetKey = new Uint8Array(32).fill(5);

/** A client whose server has died without a word, and another that listens in its place. */
async function restartServer(
  lab: QuicLab,
  link: (server: { hostname: string; port: number }) => UdpLink,
  keys: readonly [Uint8Array | undefined, Uint8Array | undefined],
  connectionIdRotationMs = 300_000,
): Promise<
  { client: LabConnection; link: UdpLink; restarted: ReturnType<QuicLab["startServer"]> }
> {
  const [before, after] = keys.map((key) => key === undefined ? {} : { resetKey: key });
  const server = lab.startServer({ ...before, connectionIdRotationMs });
  const opened = link(server.endpoint.address);
  const client = await lab.connectEstablished(opened.address);
  await waitFor(() => server.handler.established.length === 1, "the server's side");
  const rotations = connectionIdRotationMs < 1000 ? 4 : 0;
  await waitFor(() => {
    client.connection.sendDatagram(new Uint8Array([1]));
    server.handler.established[0]!.sendDatagram(new Uint8Array([2]));
    return server.handler.datagrams.length > 0 && client.handler.datagrams.length > 0 &&
      server.endpoint.stats.connectionIdsRotated >= rotations;
  }, "DATAGRAMs both ways and new connection IDs");
  opened.isCut = true;
  const { address, stats } = server.endpoint;
  await server.endpoint[Symbol.asyncDispose]();
  await waitFor(() => opened.counts.fromServer === stats.packetsSent, "the close, which is lost");
  const restarted = lab.startServer({ ...after, port: address.port });
  opened.isCut = false;
  return { client, link: opened, restarted };
}

/** Sends DATAGRAMs until the client has heard that its connection is gone. */
async function waitForEnd(client: LabConnection): Promise<void> {
  await waitFor(
    () => {
      client.connection.sendDatagram(new Uint8Array(100));
      return client.handler.closed.length > 0;
    },
    "the client to hear of it",
    3000,
  );
}

describe("A stateless reset", () => {
  it("tells clients at once that a restarted server has lost them (fault LR18)", async () => {
    await using lab = newLab();
    await using resources = new AsyncDisposableStack();
    const { client, restarted } = await restartServer(
      lab,
      (server) => resources.use(UdpLink.open(server)),
      [resetKey, resetKey.slice()],
    );
    await waitForEnd(client);
    assertEquals(client.handler.closed, [
      { by: "stateless_reset", application: false, code: 0, text: "" },
    ]);
    assert(restarted.endpoint.stats.statelessResetsSent > 0);
    await waitFor(() => client.endpoint.stats.connections === 0, "the release");
    assertEquals(restarted.endpoint.stats.connections, 0);
  });

  it("is believed also after several changes of the connection ID", async () => {
    await using lab = newLab();
    await using resources = new AsyncDisposableStack();
    const { client } = await restartServer(
      lab,
      (server) => resources.use(UdpLink.open(server)),
      [resetKey, resetKey],
      40,
    );
    await waitForEnd(client);
    assertEquals(client.handler.closed[0]!.by, "stateless_reset");
  });

  it("is believed by the connection that it is for only", async () => {
    await using lab = newLab();
    await using resources = new AsyncDisposableStack();
    const { client, link, restarted } = await restartServer(
      lab,
      (server) => resources.use(UdpLink.open(server)),
      [resetKey, resetKey],
    );
    const fresh = await lab.connectEstablished(link.address, { endpoint: client.endpoint });
    await waitForEnd(client);
    fresh.connection.sendDatagram(new Uint8Array([3]));
    await waitFor(() => restarted.handler.datagrams.length === 1, "a DATAGRAM of the other");
    assertEquals(fresh.handler.closed, []);
  });

  const silent = [
    { what: "without a key", keys: [resetKey, undefined], isSent: false },
    { what: "with another key", keys: [resetKey, new Uint8Array(32)], isSent: true },
  ] as const;
  for (const { what, keys, isSent } of silent) {
    it(`ends nothing when the restarted server is ${what}`, async () => {
      await using lab = newLab();
      await using resources = new AsyncDisposableStack();
      const { client, restarted } = await restartServer(
        lab,
        (server) => resources.use(UdpLink.open(server)),
        keys,
      );
      const { stats } = restarted.endpoint;
      await waitFor(() => {
        client.connection.sendDatagram(new Uint8Array(100));
        return stats.packetsDropped.unknown_connection >= 5;
      }, "some packets");
      await pause(50);
      assertEquals(client.handler.closed, []);
      assertEquals(stats.statelessResetsSent > 0, isSent);
    });
  }

  it("is shorter than what it answers, and short packets get none", async () => {
    await using lab = newLab();
    const server = lab.startServer({ resetKey });
    const packet = crypto.getRandomValues(new Uint8Array(1200));
    packet[0] = 0x41;
    packet[1] = 0x40;
    // With room for two, one is for peers that know the token of the current ID only.
    const expected = [
      [1200, [43, 43]],
      [87, [43, 43]],
      [86, [43, 42]],
      [65, [43, 21]],
      [64, [43]],
      [30, [29]],
      [22, [21]],
      [21, []],
      [20, []],
    ] as const;
    let count = 0;
    for (const [length, resets] of expected) {
      using socket = new RawSocket();
      await socket.send(packet.subarray(0, length), server.endpoint.address);
      const { stats } = server.endpoint;
      count += 1;
      await waitFor(() => stats.packetsReceived === count, `the packet of ${length} bytes`);
      await waitFor(() => socket.received.length === resets.length, `${length} bytes' resets`);
      assertEquals(socket.received.map((reset) => reset.length), [...resets]);
      for (const reset of socket.received) assertEquals(isLongHeader(reset), false);
    }
    assertEquals(server.endpoint.stats.statelessResetsSent, 11);
  });

  it("is sent for connection IDs of ours only, and a limited number of times", async () => {
    await using lab = newLab();
    const server = lab.startServer({ resetKey, clock: new FakeClock() });
    using socket = new RawSocket();
    const { stats } = server.endpoint;
    const packet = new Uint8Array(60);
    for (const first of [0, 0x3f, 0x80, 0xff]) {
      packet.set([0x41, first]);
      await socket.send(packet, server.endpoint.address);
    }
    await waitFor(() => stats.packetsReceived === 4, "the packets");
    assertEquals(stats.statelessResetsSent, 0);
    packet[1] = 0x7f;
    // One reset each.
    for (let count = 0; count < statelessRepliesPerSecond + 20; count++) {
      await socket.send(packet, server.endpoint.address);
    }
    await waitFor(() => stats.packetsReceived === statelessRepliesPerSecond + 24, "the packets");
    assertEquals(stats.statelessResetsSent, statelessRepliesPerSecond);
  });

  it("cannot be made up by others", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair({ resetKey });
    using link = UdpLink.open(client.endpoint.address);
    for (let count = 0; count < 20; count++) {
      const forged = crypto.getRandomValues(new Uint8Array(43));
      forged[0] = 0x41;
      await link.inject(forged);
    }
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a DATAGRAM");
    await waitFor(() => client.endpoint.stats.packetsDropped.unknown_connection === 20, "packets");
    assertEquals(client.handler.closed, []);
  });
});
