import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { pause, waitFor } from "../../tests/support/wait.ts";
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

describe("A network that loses, repeats and reorders 10 % each", () => {
  for (const seed of [1, 2]) {
    it(`is enough for handshake, DATAGRAMs and close (seed ${seed})`, async () => {
      await using lab = newLab();
      const server = lab.startServer({
        retry: new RetryTokens(new Uint8Array(32)),
        hooks: { onDatagram: (connection, data) => connection.sendDatagram(data) },
      });
      const faults = { lossRate: 0.1, duplicateRate: 0.1, reorderRate: 0.1, delayMs: 1 };
      using link = UdpLink.open(server.endpoint.address, faults, seed);
      const client = await lab.connectEstablished(link.address);
      let sent = 0;
      await waitFor(() => {
        client.connection.sendDatagram(new Uint8Array([sent >> 8, sent++ & 0xff]));
        return sent === 200;
      }, "the DATAGRAMs to be sent");
      // Each is lost with a probability of 19 % on its two ways.
      await waitFor(() => client.handler.datagrams.length > 130, "most echoes");
      const distinct = new Set(client.handler.datagrams.map(([high, low]) => high! << 8 | low!));
      assertEquals(distinct.size, client.handler.datagrams.length, "a DATAGRAM came twice");
      const { lost, duplicated, reordered } = link.counts;
      assert(lost > 10 && duplicated > 10 && reordered > 10);
      assertEquals(server.endpoint.stats.handshakesCompleted, 1);
      assertEquals(server.endpoint.stats.connections, 1);
      link.faults = {};
      client.connection.close(4, "enough");
      await waitFor(() => server.handler.closed.length === 1, "the close");
      assertEquals(server.handler.closed[0]!.text, "enough");
    });
  }

  it("opens one connection without Retry, too", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const faults = { lossRate: 0.1, duplicateRate: 0.5, reorderRate: 0.3, reorderMs: 20 };
    using link = UdpLink.open(server.endpoint.address, faults, 4);
    const client = await lab.connectEstablished(link.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    await waitFor(() => {
      client.connection.sendDatagram(new Uint8Array(1));
      return server.handler.datagrams.length > 10;
    }, "DATAGRAMs");
    assertEquals(server.endpoint.stats.connections, 1);
  });
});

describe("QuicConnection.keepAlive", () => {
  it("holds an idle connection, which ends without it", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const idleTimeoutMs = 400;
    using held = new NativeClient(server.endpoint.address, { idleTimeoutMs });
    const heldConnection = await waitFor(() => server.handler.established[0], "the connection");
    heldConnection.keepAlive(80);
    using idle = new NativeClient(server.endpoint.address, { idleTimeoutMs });
    const idleConnection = await waitFor(() => server.handler.established[1], "the other one");
    await waitFor(() => server.handler.closed.length > 0, "the idle one's end");
    assertEquals(server.handler.closed, [
      { by: "idle_timeout", application: false, code: 0, text: "" },
    ]);
    assertEquals([heldConnection.isClosed, idleConnection.isClosed], [false, true]);
    await pause(1.5 * idleTimeoutMs);
    assertEquals(heldConnection.isClosed, false);
    assertEquals([held.native.isTimedOut(), idle.native.isTimedOut()], [false, true]);
    await waitFor(() => server.endpoint.stats.connections === 1, "the idle one's release");
  });

  it("sends no more than one packet an interval, and none beside traffic", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    client.connection.keepAlive(50);
    await pause(150);
    const before = server.endpoint.stats.packetsReceived;
    const startedAt = performance.now();
    await pause(500);
    const intervals = (performance.now() - startedAt) / 50;
    const packets = server.endpoint.stats.packetsReceived - before;
    assert(packets >= 4 && packets <= intervals + 2, `${packets} packets`);
  });
});

describe("QuicConnection.ping", () => {
  it("makes the peer answer", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    await pause(100);
    const before = client.endpoint.stats.packetsReceived;
    client.connection.ping();
    await waitFor(() => client.endpoint.stats.packetsReceived > before, "the acknowledgment");
    assertEquals(server.handler.datagrams, []);
  });
});

describe("Acknowledgments", () => {
  it("wait a little for others, whose packet they share", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    const before = client.endpoint.stats.packetsReceived;
    let sent = 0;
    // One each round of polling, which lasts 2 ms: an acknowledgment waits for 5 ms.
    await waitFor(() => {
      client.connection.sendDatagram(new Uint8Array(1000));
      return ++sent === 150;
    }, "the DATAGRAMs to be sent");
    await waitFor(() => server.handler.datagrams.length === sent, "all DATAGRAMs");
    const acknowledgments = client.endpoint.stats.packetsReceived - before;
    assert(acknowledgments < 0.75 * sent, `${acknowledgments} packets for ${sent}`);
  });

  it("are sent soon, so that the sender's window stays open", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    const { stats } = client.endpoint;
    let queued = 0;
    const startedAt = performance.now();
    await waitFor(() => {
      while (queued < 5000 && client.connection.sendDatagram(new Uint8Array(1200)) === "queued") {
        queued += 1;
        if (queued % 100 === 0) break;
      }
      return queued === 5000;
    }, "5,000 DATAGRAMs to be taken");
    await waitFor(() => server.handler.datagrams.length === queued, "all DATAGRAMs");
    assert(performance.now() - startedAt < 8000);
    assertEquals(stats.datagramsWaiting, 0);
  });
});

describe("Many connections", () => {
  it("of one server each get their own DATAGRAMs", async () => {
    await using lab = newLab();
    const server = lab.startServer({
      retry: new RetryTokens(new Uint8Array(32)),
      hooks: { onDatagram: (connection, data) => connection.sendDatagram(data) },
    });
    const first = await lab.connectEstablished(server.endpoint.address);
    const others = Array.from(
      { length: 40 },
      () => lab.connect(server.endpoint.address, { endpoint: first.endpoint }),
    );
    await waitFor(() => others.every(({ connection }) => connection.isEstablished), "all of them");
    await waitFor(() => {
      for (const [index, { connection, handler }] of others.entries()) {
        if (handler.datagrams.length < 3) connection.sendDatagram(new Uint8Array([index]));
      }
      return others.every(({ handler }) => handler.datagrams.length >= 3);
    }, "the echoes");
    for (const [index, { handler }] of others.entries()) {
      for (const data of handler.datagrams) assertEquals(data, new Uint8Array([index]));
    }
  });
});
