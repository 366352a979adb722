import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Relay } from "../../relay/relay.ts";
import { maxServicesPerConnection, registrationBurst } from "../../relay/limits.ts";
import { datagramSendQueueLength, retryTokenLifetimeSeconds } from "../../tunnel/quic/limits.ts";
import { isLongHeader, parseLongHeader } from "../../tunnel/quic/packet_header.ts";
import { encodeRegistration } from "../../tunnel/wire/datagram_message.ts";
import { encodeSignalingFrame } from "../../tunnel/wire/signaling.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { NativeClient } from "../support/native_client.ts";
import { QuicheClient } from "../support/quiche_client.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";
import { pause, waitFor } from "../support/wait.ts";

const request = udpPacket("10.0.0.1:1 > 10.100.0.1:2", "still there?");
const reply = udpPacket("10.100.0.1:2 > 10.0.0.1:1", "yes");

/** Two clients who must not notice anything of what others do. */
async function startBystanders(lab: TunnelLab, relay: Relay): Promise<() => Promise<void>> {
  const connector = await lab.registered(relay, "connector", "bystanders");
  const agent = await lab.registered(relay, "agent", "bystanders");
  return async () => {
    agent.sendRouted("bystanders", request);
    assertEquals(await connector.nextPacket(), "10.0.0.1:1 > 10.100.0.1:2 still there?");
    connector.send(reply);
    assertEquals(await agent.nextPacket(), "10.100.0.1:2 > 10.0.0.1:1 yes");
  };
}

function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

function droppedPackets(relay: Relay): number {
  const exposed = relay.metrics.counter.quicPacketsDropped;
  const reasons = ["unparsable", "unknown_connection", "unsupported_version", "initial_too_short"];
  return reasons.reduce((sum, reason) => sum + exposed.labels({ reason }).value!, 0);
}

/** Every packet that a link has passed on towards the relay. */
function recordPackets(link: ReturnType<TunnelLab["link"]>): Uint8Array[] {
  const packets: Uint8Array[] = [];
  link.watcher = (direction, packet) => {
    if (direction === "to_server") packets.push(packet.slice());
  };
  return packets;
}

describe("packets that are no QUIC", () => {
  it("are counted and dropped, from 0 to 2,000 bytes of garbage", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const check = await startBystanders(lab, relay);
    using socket = new RawSocket();
    const random = seededRandom(1);
    const lengths = [0, 1, 2, 5, 6, 7, 20, 21, 26, 1199, 1200, 1350, 1351, 1999, 2000];
    const received = relay.metrics.counter.quicPackets.labels({ direction: "received" });
    const before = received.value!;
    let sent = 0;
    for (let round = 0; round < 20; round++) {
      for (const length of lengths) {
        // Short and long headers.
        for (const first of [0x40, 0xc0]) {
          const packet = randomBytes(random, length);
          if (length > 0) packet[0] = (packet[0]! & 0x3f) | first;
          await socket.send(packet, relay.address);
          sent += 1;
        }
      }
      await check();
    }
    await waitFor(
      () => received.value! >= before + sent,
      "the arrival of the garbage",
    );
    await check();
    assertEquals(droppedPackets(relay), sent);
    assertEquals(relay.metrics.gauge.activeConnections.value, 2);
  });

  it("of 26 bytes that agents probe with are not answered", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ retryKey: new Uint8Array(32) });
    const check = await startBystanders(lab, relay);
    using socket = new RawSocket();
    const probes = ["P01", "P04", "P06", "P08", "P09"].map((id) => vector(id).bytes);
    for (let round = 0; round < 20; round++) {
      for (const probe of probes) await socket.send(probe, relay.address);
    }
    await waitFor(() => droppedPackets(relay) === 20 * probes.length, "their arrival");
    await check();
    assertEquals(socket.received, []);
    assertEquals(relay.metrics.counter.statelessResets.value, 0);
  });

  it("of an unknown version get a Version Negotiation packet with version 1", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    using socket = new RawSocket();
    const packet = new Uint8Array(1200);
    packet.set([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 9, 9]);
    await socket.send(packet, relay.address);
    const answer = await waitFor(() => socket.received[0], "the answer");
    // RFC 8999 section 6: version 0, the IDs exchanged, then the supported versions.
    assertEquals(answer.subarray(1, 17).toHex(), "00000000" + "020909" + "080102030405060708");
    assert(answer.toHex().includes("00000001"));
    assertEquals(relay.metrics.counter.versionNegotiations.value, 1);
    assertEquals(relay.metrics.gauge.activeConnections.value, 0);
  });
});

describe("Initials", () => {
  it("from addresses that never answer leave nothing behind [LR26]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const check = await startBystanders(lab, relay);
    const first = await recordFirstInitial(lab);
    using socket = new RawSocket();
    for (let index = 0; index < 200; index++) {
      const packet = first.slice();
      packet.set([index >> 8, index & 0xff], 6); // another connection ID each
      await socket.send(packet, relay.address);
    }
    await waitFor(() => socket.received.length === 200, "200 Retry packets");
    await check();
    assertEquals(socket.received.filter((packet) => packet[0]! >> 4 !== 0x0f), []);
    // A Retry is shorter than what asked for it: nobody can be flooded through the relay.
    assert(socket.received.every((packet) => packet.length < 200));
    assertEquals(relay.metrics.gauge.activeConnections.value, 2);
  });

  it("with a forged or damaged token are refused", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const link = lab.link(relay);
    const packets = recordPackets(link);
    await lab.client(link);
    const proven = packets.find((packet) => parseLongHeader(packet)?.token.length)!;
    const { token } = parseLongHeader(proven)!;
    using socket = new RawSocket();
    for (const at of [0, 11, 12, token.length - 1]) {
      const packet = proven.slice();
      packet[token.byteOffset - proven.byteOffset + at]! ^= 1;
      packet[6 + 10]! ^= 1; // no longer the connection's ID
      await socket.send(packet, relay.address);
    }
    // The right token, but from somebody else's address.
    const stolen = proven.slice();
    stolen[6 + 10]! ^= 1;
    await socket.send(stolen, relay.address);
    const { retryTokenFailures } = relay.metrics.counter;
    await waitFor(() => retryTokenFailures.value === 5, "the refusals");
    assertEquals([socket.received, relay.metrics.gauge.activeConnections.value], [[], 1]);
  });

  it("that are repeated after their connection has ended open no other one [LR17]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const link = lab.link(relay);
    const packets = recordPackets(link);
    const client = await lab.client(link);
    await client.fence();
    await client.close();
    await waitFor(() => relay.metrics.gauge.activeConnections.value === 0, "its end");
    assert(retryTokenLifetimeSeconds > 1, "the token would still be valid");
    const initials = packets.filter((packet) => parseLongHeader(packet)?.token.length);
    assert(initials.length > 0);
    for (const packet of initials) await link.inject(packet);
    const { retryTokenFailures } = relay.metrics.counter;
    await waitFor(() => retryTokenFailures.value === initials.length, "the refusals");
    assertEquals(relay.metrics.gauge.activeConnections.value, 0);
  });

  it("that are repeated open one connection, also without Retry [LR16]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ retry: false });
    const link = lab.link(relay);
    link.watcher = (direction, packet) => {
      if (direction === "to_client" || !isLongHeader(packet)) return;
      for (let copy = 0; copy < 3; copy++) void link.inject(packet.slice());
    };
    const clients = [await lab.client(link)];
    await clients[0]!.fence();
    assertEquals(relay.metrics.gauge.activeConnections.value, 1);
    assertEquals(relay.metrics.counter.handshakes.labels({ result: "completed" }).value, 1);
  });

  it("without the rest of a handshake count as half-open, not as clients [LR25]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ retry: false });
    const first = await recordFirstInitial(lab);
    using socket = new RawSocket();
    await socket.send(first, relay.address);
    await waitFor(() => relay.metrics.gauge.activeConnections.value === 1, "the connection");
    assertEquals(relay.metrics.gauge.establishedConnections.value, 0);
    assertEquals(relay.status().connections, { total: 1, agents: 0, connectors: 0 });
  });

  it("beyond the limit of connections are dropped, and those who are there stay [LR26]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ maxConnections: 3, retry: false });
    const check = await startBystanders(lab, relay);
    const last = await lab.client(relay);
    await last.fence();
    const tls = { caFile: lab.certificates.caFile, verifyPeer: true };
    const late = lab.use(new QuicheClient({ remote: relay.address, tls }));
    const dropped = relay.metrics.counter.quicPacketsDropped.labels({ reason: "connection_limit" });
    await waitFor(() => dropped.value! > 0, "the refusal");
    await check();
    assertEquals(late.connection.isEstablished, false);
    await last.close();
    await waitFor(() => late.connection.isEstablished, "a place that is free again");
  });
});

/** The first packet of a client of another relay. */
async function recordFirstInitial(lab: TunnelLab): Promise<Uint8Array> {
  const link = lab.link(await lab.openRelay());
  const packets = recordPackets(link);
  await lab.client(link);
  return packets[0]!;
}

describe("packets of a connection", () => {
  it("that are repeated, cut off or damaged on the way change nothing", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const link = lab.link(relay);
    const random = seededRandom(7);
    link.watcher = (direction, packet) => {
      if (direction === "to_client" || isLongHeader(packet)) return;
      void link.inject(packet.slice());
      void link.inject(packet.slice(0, Math.floor(random() * packet.length)));
      const damaged = packet.slice();
      damaged[1 + Math.floor(random() * (packet.length - 1))]! ^= 1 << Math.floor(random() * 8);
      void link.inject(damaged);
    };
    const agent = await lab.registered(link, "agent", "a");
    for (let index = 0; index < 50; index++) {
      agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", `packet ${index}`));
      assertEquals(await connector.nextPacket(), `10.0.0.1:1 > 10.100.0.1:2 packet ${index}`);
    }
    await agent.fence();
    assertEquals(await connector.takePackets(), []);
    assertEquals(relay.metrics.counter.handshakes.labels({ result: "completed" }).value, 2);
    assertEquals(relay.metrics.counter.datagramsRelayed.value, 50);
  });

  it("that are repeated from another address do not move the connection", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const link = lab.link(relay);
    const packets = recordPackets(link);
    const agent = await lab.registered(link, "agent", "a");
    using socket = new RawSocket();
    // Without the very first one, which would get a Retry from anywhere.
    for (const packet of packets.slice(1)) await socket.send(packet, relay.address);
    await agent.fence();
    assertEquals([agent.observed, socket.received], [[link.serverSide], []]);
    assertEquals(relay.metrics.counter.addressChanges.value, 0);
  });
});

describe("a client", () => {
  it("that sends any bytes as messages harms neither the relay nor a connector", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    const connector = await lab.connector(relay, { a: backend });
    const check = await startBystanders(lab, relay);
    const random = seededRandom(3);
    const agent = await lab.registered(relay, "agent", "a");
    const rogue = await lab.registered(relay, "connector", "b");
    const victim = await lab.registered(relay, "agent", "b");
    victim.sendRouted("b", request);
    await rogue.nextPacket();
    const types = [0x00, 0x01, 0x10, 0x11, 0x12, 0x13, 0x2f, 0x45, 0x46, 0x5a, 0x60, 0xff];
    for (let round = 0; round < 60; round++) {
      for (const type of types) {
        const message = randomBytes(random, Math.floor(random() ** 3 * 1300));
        if (message.length > 0) message[0] = type;
        agent.send(message);
        agent.sendRouted("a", message);
        rogue.send(message);
        const ip = request.slice(0, Math.floor(random() * (request.length + 1)));
        for (let flip = 0; flip < 3 && ip.length > 0; flip++) {
          ip[Math.floor(random() * ip.length)] = Math.floor(random() * 256);
        }
        agent.sendRouted("a", ip);
      }
      await check();
    }
    await agent.fence();
    await rogue.fence();
    await check();
    assertEquals(relay.metrics.counter.handlerErrors.value, 0);
    assertEquals(connector.readiness().ready, true);
  });

  it("that floods with registrations is held to its limits, and others to none [LR26]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const check = await startBystanders(lab, relay);
    const flooder = await lab.client(relay);
    const limited = relay.metrics.counter.drops.labels({ reason: "registration_rate" });
    let sent = 0;
    while (limited.value === 0) {
      for (let batch = 0; batch < 50; batch++, sent++) {
        flooder.send(encodeRegistration("agent", `service-${sent}`) as Uint8Array);
      }
      await check();
      assert(sent < 10 * registrationBurst, "no limit was reached");
    }
    assert(relay.metrics.gauge.services.value! <= maxServicesPerConnection + 1);
    const refused = { limit: "services_per_connection" };
    assert(relay.metrics.counter.limitsReached.labels(refused).value! > 0);
    await flooder.close();
    await waitFor(() => relay.metrics.gauge.services.value === 1, "the end of its services");
  });

  it("that never reads costs a bounded queue, and others nothing", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const check = await startBystanders(lab, relay);
    const deaf = lab.use(new NativeClient(relay.address));
    await waitFor(() => deaf.native.isEstablished(), "the handshake");
    deaf.sendDatagram(encodeRegistration("connector", "deaf") as Uint8Array);
    await waitFor(() => relay.status().services["deaf"] !== undefined, "its registration");
    deaf.isReading = false;
    const agent = await lab.registered(relay, "agent", "deaf");
    const dropped = relay.metrics.counter.drops.labels({ reason: "queue_full" });
    const large = udpPacket("10.0.0.1:1 > 10.100.0.1:2", new Uint8Array(1200));
    for (let sent = 0; dropped.value === 0; sent += 50) {
      for (let batch = 0; batch < 50; batch++) agent.sendRouted("deaf", large);
      await check();
      assert(sent < 10 * datagramSendQueueLength, "the queue has no bound");
    }
    assert(relay.metrics.gauge.waitingDatagrams.value! <= datagramSendQueueLength);
    deaf.native.close(true, 0, new Uint8Array());
    deaf.flush();
    await waitFor(() => relay.metrics.gauge.waitingDatagrams.value === 0, "the queue's end");
  });

  it("that fills streams with offers of any size is read and ignored [LR13]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const check = await startBystanders(lab, relay);
    const client = await lab.client(relay);
    const { signalingDiscardedBytes } = relay.metrics.counter;
    let sent = 0;
    // What stops the reference: its answer would be longer than its own limit.
    for (const idLength of [10, 65_474, 65_475, 65_508]) {
      const frame = encodeSignalingFrame({
        type: "candidateOffer",
        sessionId: 1n,
        serviceId: "x".repeat(idLength),
        candidates: [],
      });
      assert(frame instanceof Uint8Array);
      await writeAll(client, frame);
      sent += frame.length;
      await waitFor(() => signalingDiscardedBytes.value === sent, "its reading");
    }
    await writeAll(client, Uint8Array.fromHex(vector("S21").hex + vector("S13").hex));
    await check();
    await client.fence();
  });
});

async function writeAll(client: QuicheClient, data: Uint8Array): Promise<void> {
  const stream = client.connection.openStream();
  for (let at = 0; at < data.length;) {
    const taken = client.connection.writeStream(stream, data.subarray(at));
    assert(taken !== undefined);
    at += taken;
    if (taken === 0) await pause(1);
  }
}
