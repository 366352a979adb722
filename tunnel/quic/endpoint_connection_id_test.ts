import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { instanceLength } from "./connection_id.ts";
import { connectionIdLength } from "./limits.ts";
import { isLongHeader, parseLongHeader } from "./packet_header.ts";
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

/** Collects the destination connection IDs of short-header packets, in the order of their use. */
class CidSniffer {
  readonly toServer: string[] = [];
  readonly toClient: string[] = [];
  /** Source IDs in long headers. */
  readonly sources = new Set<string>();

  constructor(link: UdpLink) {
    link.watcher = (direction, packet) => {
      if (isLongHeader(packet)) {
        this.sources.add(encodeHex(parseLongHeader(packet)!.sourceCid));
        return;
      }
      const seen = direction === "to_server" ? this.toServer : this.toClient;
      const cid = encodeHex(packet.subarray(1, 1 + connectionIdLength));
      if (!seen.includes(cid)) seen.push(cid);
    };
  }
}

function assertIsOurs(cid: string, instance: Uint8Array): void {
  assertEquals(cid.length, 2 * connectionIdLength);
  const first = parseInt(cid.slice(0, 2), 16);
  assert(first >= 0x40 && first <= 0x7f, `${cid} begins with another byte`);
  assertEquals(cid.slice(2, 2 + 2 * instanceLength), encodeHex(instance));
}

describe("Connection IDs on the wire", () => {
  for (const retry of [undefined, new RetryTokens(new Uint8Array(32))]) {
    it(`begin with 0x40 to 0x7f and name the instance, ${retry ? "with" : "without"} Retry`, async () => {
      await using lab = newLab();
      const serverInstance = new Uint8Array([1, 2, 3, 4]);
      const clientInstance = new Uint8Array([5, 6, 7, 8]);
      const server = lab.startServer({ retry, instance: serverInstance });
      assertEquals(server.endpoint.instance, serverInstance);
      using link = UdpLink.open(server.endpoint.address);
      const sniffer = new CidSniffer(link);
      const client = await lab.connectEstablished(link.address, {
        endpointOptions: { instance: clientInstance },
      });
      await waitFor(() => server.handler.established.length === 1, "the server's side");
      client.connection.sendDatagram(new Uint8Array(1));
      server.handler.established[0]!.sendDatagram(new Uint8Array(1));
      await waitFor(() => client.handler.datagrams.length === 1, "the answer");
      await waitFor(() => sniffer.toServer.length > 0, "a packet to the server");
      for (const cid of sniffer.toServer) assertIsOurs(cid, serverInstance);
      for (const cid of sniffer.toClient) assertIsOurs(cid, clientInstance);
      for (const cid of sniffer.sources) {
        const instance = cid.slice(2, 10) === "01020304" ? serverInstance : clientInstance;
        assertIsOurs(cid, instance);
      }
    });
  }

  it("name a random instance when none is given", async () => {
    await using lab = newLab();
    const instances = [lab.startServer(), lab.startServer()]
      .map(({ endpoint }) => encodeHex(endpoint.instance));
    assertEquals(instances.map((instance) => instance.length), [8, 8]);
    assert(instances[0] !== instances[1]);
  });
});

describe("Connection ID rotation", () => {
  it("happens more than once, under traffic, without loss (fault LR32)", async () => {
    await using lab = newLab();
    const connectionIdRotationMs = 60;
    const server = lab.startServer({
      connectionIdRotationMs,
      hooks: { onDatagram: (connection, data) => connection.sendDatagram(data) },
    });
    using link = UdpLink.open(server.endpoint.address);
    const sniffer = new CidSniffer(link);
    const client = await lab.connectEstablished(link.address, {
      endpointOptions: { connectionIdRotationMs },
    });
    let sent = 0;
    await waitFor(() => {
      client.connection.sendDatagram(new Uint8Array([sent++ & 0xff]));
      return sniffer.toServer.length >= 4 && sniffer.toClient.length >= 4;
    }, "three rotations each way");
    await waitFor(() => client.handler.datagrams.length === sent, "all echoes");
    assert(server.endpoint.stats.connectionIdsRotated >= 4);
    assertEquals([client.connection.isClosed, server.handler.closed.length], [false, 0]);
    for (const cid of sniffer.toServer) assertIsOurs(cid, server.endpoint.instance);
    assertEquals(server.endpoint.stats.packetsDropped.unknown_connection, 0);
  });

  it("forgets retired connection IDs", async () => {
    await using lab = newLab();
    const server = lab.startServer({ connectionIdRotationMs: 50 });
    using link = UdpLink.open(server.endpoint.address);
    const sniffer = new CidSniffer(link);
    const client = await lab.connectEstablished(link.address);
    await waitFor(() => {
      client.connection.sendDatagram(new Uint8Array(1));
      return sniffer.toServer.length >= 4;
    }, "three rotations");
    const { stats } = server.endpoint;
    const before = stats.packetsDropped.unknown_connection;
    const retired = sniffer.toServer.slice(0, -2);
    for (const cid of retired) {
      await link.inject(new Uint8Array([0x41, ...Uint8Array.fromHex(cid), ...new Uint8Array(40)]));
    }
    await waitFor(
      () => stats.packetsDropped.unknown_connection === before + retired.length,
      "packets with retired IDs to be unknown",
    );
  });

  it("goes on for a client that never retires one", async () => {
    await using lab = newLab();
    const server = lab.startServer({ connectionIdRotationMs: 20 });
    using client = new NativeClient(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 1, "the connection");
    client.isReading = false;
    await waitFor(() => server.endpoint.stats.connectionIdsRotated >= 2, "an attempt");
    const offeredAt = performance.now();
    await waitFor(() => performance.now() > offeredAt + 200, "further rounds");
    // A client's limit is two; one that is to be retired counts until it is (RFC 9000 5.1.2).
    assert(server.endpoint.stats.connectionIdsRotated <= 4);
    client.isReading = true;
    client.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a DATAGRAM");
    assertEquals(server.handler.closed, []);
  });
});
