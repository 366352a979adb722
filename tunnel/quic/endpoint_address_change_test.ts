import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { type LabConnection, type LabEndpoint, QuicLab } from "../../tests/support/quic_lab.ts";
import { RawSocket } from "../../tests/support/raw_socket.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { sameSocketAddress, type SocketAddress } from "./address.ts";
import type { QuicConnection } from "./connection.ts";
import { addressChangesPerSecond } from "./limits.ts";
import { isLongHeader, longPacketType, parseLongHeader } from "./packet_header.ts";
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

/** A client of any kind, as these tests see it. */
interface Peer {
  readonly datagrams: readonly Uint8Array[];
  sendDatagram(data: Uint8Array): void;
}

function asPeer(client: LabConnection): Peer {
  return {
    datagrams: client.handler.datagrams,
    sendDatagram: (data) => void client.connection.sendDatagram(data),
  };
}

interface Scene extends AsyncDisposable {
  readonly link: UdpLink;
  readonly server: LabEndpoint;
  readonly accepted: QuicConnection;
  readonly peer: Peer;
}

/** A server that echoes, and a client behind a link. */
async function openScene(kind: "ours" | "without spare connection IDs"): Promise<Scene> {
  const resources = new AsyncDisposableStack();
  const lab = resources.use(newLab());
  const server = lab.startServer({
    hooks: { onDatagram: (connection, data) => connection.sendDatagram(data) },
  });
  const link = resources.use(UdpLink.open(server.endpoint.address));
  const peer = kind === "ours"
    ? asPeer(await lab.connectEstablished(link.address))
    : resources.use(new NativeClient(link.address));
  const accepted = await waitFor(() => server.handler.established[0], "the connection");
  return {
    link,
    server,
    accepted,
    peer,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Sends DATAGRAMs until one has been echoed. */
async function exchange(peer: Peer): Promise<void> {
  const before = peer.datagrams.length;
  let tries = 0;
  let nextAt = 0;
  await waitFor(() => {
    if (performance.now() >= nextAt) {
      peer.sendDatagram(new Uint8Array([++tries]));
      nextAt = performance.now() + 20;
    }
    return peer.datagrams.length > before;
  }, "an echo");
}

async function waitForAddress(scene: Scene, address: SocketAddress): Promise<void> {
  await waitFor(() => {
    scene.peer.sendDatagram(new Uint8Array([0]));
    return sameSocketAddress(scene.accepted.remoteAddress, address);
  }, `the move to port ${address.port}`);
}

for (const kind of ["ours", "without spare connection IDs"] as const) {
  describe(`A client (${kind}) whose address changes`, () => {
    it("keeps its connection, and its new address is reported, several times", async () => {
      await using scene = await openScene(kind);
      const { link, server, peer } = scene;
      for (let count = 1; count <= 6; count++) {
        const address = link.rebind();
        await exchange(peer);
        await waitForAddress(scene, address);
        const last = server.handler.addresses.at(-1)!;
        assert(sameSocketAddress(last, address));
        assert(server.handler.addresses.length >= count);
      }
      assertEquals(server.handler.closed, []);
      assertEquals(server.endpoint.stats.connections, 1);
      assertEquals(server.endpoint.stats.addressChanges, server.handler.addresses.length);
      await exchange(peer);
    });

    it("may come back to any of its former addresses", async () => {
      await using scene = await openScene(kind);
      const { link, peer } = scene;
      const first = link.serverSide;
      for (let count = 0; count < 3; count++) {
        await waitForAddress(scene, link.rebind());
        await exchange(peer);
      }
      for (const index of [0, 2, 1, 3, 0]) {
        await waitForAddress(scene, link.rebindTo(index));
        await exchange(peer);
      }
      assert(sameSocketAddress(link.serverSide, first));
      assert(sameSocketAddress(scene.accepted.remoteAddress, first));
    });

    it("is followed when it moves again before the first move is finished", async () => {
      await using scene = await openScene(kind);
      const { link, peer, server } = scene;
      for (let count = 0; count < 10; count++) {
        link.rebind();
        peer.sendDatagram(new Uint8Array([1]));
      }
      await waitForAddress(scene, link.serverSide);
      await exchange(peer);
      assertEquals(server.handler.closed, []);
    });

    it("survives when nothing reaches its new address for a while", async () => {
      await using scene = await openScene(kind);
      const { link, peer, server } = scene;
      await exchange(peer);
      const address = link.rebind();
      let lost = 0;
      link.watcher = (direction) => direction === "to_server" || ++lost > 6;
      await waitFor(() => {
        peer.sendDatagram(new Uint8Array([1]));
        return lost > 6;
      }, "the losses");
      await waitForAddress(scene, address);
      await exchange(peer);
      assertEquals(server.handler.closed, []);
    });

    it("gets everything at its new address", async () => {
      await using scene = await openScene(kind);
      const { link, peer, accepted } = scene;
      for (let count = 0; count < 3; count++) await waitForAddress(scene, link.rebind());
      await exchange(peer);
      const lateBefore = link.counts.toFormerAddresses;
      const before = peer.datagrams.length;
      for (let index = 0; index < 20; index++) accepted.sendDatagram(new Uint8Array([7, index]));
      await waitFor(() => {
        return peer.datagrams.slice(before).filter(([first]) => first === 7).length === 20;
      }, "the DATAGRAMs");
      assertEquals(link.counts.toFormerAddresses, lateBefore);
    });

    it("can still send the longest DATAGRAMs", async () => {
      await using scene = await openScene(kind);
      const longest = scene.accepted.maxDatagramLength;
      for (let count = 0; count < 3; count++) {
        await waitForAddress(scene, scene.link.rebind());
        await exchange(scene.peer);
        assertEquals(scene.accepted.maxDatagramLength, longest);
        const before = scene.peer.datagrams.length;
        assertEquals(scene.accepted.sendDatagram(new Uint8Array(longest)), "queued");
        await waitFor(
          () => scene.peer.datagrams.slice(before).some(({ length }) => length === longest),
          "the longest DATAGRAM",
        );
      }
    });

    it("moves at no one else's word", async () => {
      await using scene = await openScene(kind);
      const { link, peer, accepted, server } = scene;
      await exchange(peer);
      let captured: Uint8Array | undefined;
      link.watcher = (direction, packet) => {
        if (direction === "to_server" && !isLongHeader(packet)) captured = packet.slice();
      };
      await exchange(peer);
      const home = accepted.remoteAddress;
      using stranger = new RawSocket();
      const garbage = captured!.slice();
      crypto.getRandomValues(garbage.subarray(21));
      const flipped = captured!.slice();
      flipped[flipped.length - 1]! ^= 1;
      const packetsBefore = server.endpoint.stats.packetsReceived;
      // Garbage with the right connection ID, a damaged packet, and a replayed one.
      for (const packet of [garbage, flipped, captured!]) {
        await stranger.send(packet, server.endpoint.address);
      }
      await waitFor(
        () => server.endpoint.stats.packetsReceived >= packetsBefore + 3,
        "the stranger's packets",
      );
      await exchange(peer);
      assert(sameSocketAddress(accepted.remoteAddress, home));
      assertEquals(server.handler.addresses, []);
      assertEquals(server.handler.closed, []);
    });

    it("is found again after somebody else was faster with its packet", async () => {
      await using scene = await openScene(kind);
      const { link, peer, accepted, server } = scene;
      await exchange(peer);
      using stranger = new RawSocket();
      let stolen = 0;
      link.watcher = (direction, packet) => {
        if (direction === "to_client" || isLongHeader(packet) || stolen === 3) return;
        stolen += 1;
        void stranger.send(packet, server.endpoint.address);
        return false;
      };
      await waitFor(() => {
        peer.sendDatagram(new Uint8Array([9]));
        return stolen === 3;
      }, "the theft");
      await waitForAddress(scene, link.serverSide);
      await exchange(peer);
      assertEquals(server.handler.closed, []);
      assert(sameSocketAddress(accepted.remoteAddress, link.serverSide));
    });
  });
}

describe("A client whose address changes during the handshake", () => {
  it("completes it, and is followed afterwards", async () => {
    await using lab = newLab();
    let atTheEnd: SocketAddress | undefined;
    const server = lab.startServer({
      retry: new RetryTokens(new Uint8Array(32)),
      hooks: { onEstablished: (connection) => void (atTheEnd = connection.remoteAddress) },
    });
    using link = UdpLink.open(server.endpoint.address);
    const first = link.serverSide;
    let movedTo: SocketAddress | undefined;
    link.watcher = (direction, packet) => {
      const isFlight = direction === "to_client" && isLongHeader(packet) &&
        parseLongHeader(packet)!.type !== longPacketType.retry;
      if (isFlight) movedTo ??= link.rebind();
    };
    const client = await lab.connectEstablished(link.address);
    const accepted = await waitFor(() => server.handler.established[0], "the server's side");
    // Until then nobody moves: the first address alone was validated.
    assert(sameSocketAddress(atTheEnd!, first));
    await waitFor(() => {
      client.connection.sendDatagram(new Uint8Array(1));
      return movedTo && sameSocketAddress(accepted.remoteAddress, movedTo);
    }, "the move");
    assertEquals(server.endpoint.stats.handshakesCompleted, 1);
  });
});

describe("Packets from elsewhere", () => {
  it("cost no more looks than the limit allows", async () => {
    await using scene = await openScene("ours");
    const { link, server, peer } = scene;
    await exchange(peer);
    let captured: Uint8Array | undefined;
    link.watcher = (direction, packet) => {
      if (direction === "to_server" && !isLongHeader(packet)) captured = packet.slice();
    };
    await exchange(peer);
    using stranger = new RawSocket();
    const { packetsDropped } = server.endpoint.stats;
    let sent = 0;
    await waitFor(() => {
      for (let count = 0; count < 50; count++, sent++) {
        void stranger.send(captured!, server.endpoint.address);
      }
      return packetsDropped.address_change_limit > 0;
    }, "the limit");
    assert(sent > addressChangesPerSecond);
    await exchange(peer);
    assertEquals(server.handler.closed, []);
  });
});

describe("A server whose address changes", () => {
  it("is not followed: a client takes packets from where it has connected to only", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address);
    const client = await lab.connectEstablished(link.address);
    const accepted = await waitFor(() => server.handler.established[0], "the server's side");
    using elsewhere = new RawSocket();
    let diverted = 0;
    link.watcher = (direction, packet) => {
      if (direction === "to_server" || diverted === 3) return;
      diverted += 1;
      void elsewhere.send(packet, client.endpoint.address);
      return false;
    };
    const received = client.endpoint.stats.packetsReceived;
    await waitFor(() => {
      accepted.sendDatagram(new Uint8Array([1]));
      return diverted === 3 && client.endpoint.stats.packetsReceived >= received + 3;
    }, "the packets from elsewhere");
    assert(sameSocketAddress(client.connection.remoteAddress, link.address));
    assertEquals(client.handler.addresses, []);
    assertEquals(client.endpoint.stats.packetsDropped.foreign_address, 3);
    accepted.sendDatagram(new Uint8Array([2]));
    await waitFor(() => client.handler.datagrams.some(([first]) => first === 2), "a DATAGRAM");
    assertEquals(client.connection.isClosed, false);
  });
});
