import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { craftCid, craftInitial, newInitial } from "../../tests/support/crafted_packets.ts";
import { dropsOf, QuicLab, waitForPackets } from "../../tests/support/quic_lab.ts";
import { RawSocket } from "../../tests/support/raw_socket.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { longPacketType, parseLongHeader } from "./packet_header.ts";
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

describe("A Retry token", () => {
  const key = new Uint8Array(32).fill(3);

  it("that is forged, or of another key, is dropped, counted and not answered", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(key) });
    using socket = new RawSocket();
    const cid = craftCid(server.endpoint.instance);
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
    assertEquals(dropsOf(stats), { invalid_token: tokens.length });
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
      await link.inject(craftInitial({ token, cid: craftCid(server.endpoint.instance) }));
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
    assertEquals(dropsOf(server.endpoint.stats), { invalid_token: cids.length });
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
