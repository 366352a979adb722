import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { encodeRegistrationReply } from "../tunnel/wire/datagram_message.ts";
import { parseIpv4, parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { addressQuarantineMs } from "./limits.ts";
import { TestBench, type TestClient, unwrap } from "./test_bench.ts";

const address = (text: string): number => parseIpv4Address(text)!;
const shared = address("100.64.0.1");
const backend = address("10.100.0.1");
/** Vector I01: UDP from 10.0.0.100, checksum 0. */
const i01 = Uint8Array.fromHex(
  "45000021000040004011b1670a0000647f0000013039270f000d000048656c6c6f",
);
const d15 = "2f0c6563686f2d73657276696365" + i01.toHex();

function request(source: number, sourcePort: number, text = "ping"): Uint8Array {
  return buildUdpPacket({
    source,
    sourcePort,
    destination: backend,
    destinationPort: 80,
    payload: new TextEncoder().encode(text),
  });
}

/** What a connector answers: addresses and ports swapped. */
function replyTo(packet: Uint8Array, text = "pong"): Uint8Array {
  const view = new DataView(packet.buffer, packet.byteOffset);
  return buildUdpPacket({
    source: view.getUint32(16),
    sourcePort: view.getUint16(22),
    destination: view.getUint32(12),
    destinationPort: view.getUint16(20),
    payload: new TextEncoder().encode(text),
  });
}

function sourceOf(packet: Uint8Array | undefined): number {
  assert(packet !== undefined, "nothing arrived");
  const ip = parseIpv4(packet);
  assert(!isWireError(ip));
  return ip.source;
}

const hex = (packets: readonly Uint8Array[]): string[] => packets.map((packet) => packet.toHex());

describe("Router, messages of agents", () => {
  it("forwards D15 as exactly I01 and counts it", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["echo-service"]);
    const agent = bench.registered("agent", ["echo-service"]);
    agent.send(Uint8Array.fromHex(d15));
    assertEquals(hex(connector.take()), [i01.toHex()]);
    const { datagramsRelayed, relayBytes } = bench.metrics.counter;
    assertEquals([datagramsRelayed.value, relayBytes.value], [1, 33]);
  });

  it("drops D16: a routed packet of a client that is not registered for the service", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["echo-service"]);
    bench.connect().send(Uint8Array.fromHex(d15));
    bench.registered("agent", ["other"]).send(Uint8Array.fromHex(d15));
    connector.send(Uint8Array.fromHex(d15));
    assertEquals([connector.take(), bench.drops("not_registered")], [[], 3]);
  });

  it("forwards D19 and D20: an empty packet and one that is not IP", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc", "x"]);
    const agent = bench.registered("agent", ["svc", "x"]);
    agent.send(Uint8Array.fromHex("2f03737663"));
    agent.send(Uint8Array.fromHex("2f0178ff"));
    assertEquals(hex(connector.take()), ["", "ff"]);
  });

  it("forwards D21 unchanged for a registered agent, and drops it for anybody else", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const unknown = Uint8Array.fromHex("ff0474657374");
    bench.connect().send(unknown);
    assertEquals([connector.take(), bench.drops("unregistered_sender")], [[], 1]);
    bench.registered("agent", ["svc"]).send(unknown);
    assertEquals(hex(connector.take()), ["ff0474657374"]);
  });

  const dropped: Record<string, [message: string, reason: string]> = {
    "D17, a routed message of 2 bytes": ["2f00", "malformed_routed"],
    "D18, a routed message that ends inside its ID": ["2f05616263", "malformed_routed"],
    "a routed message for an ID that is not UTF-8": ["2f02c328ff", "not_registered"],
    "an empty message": ["", "empty"],
    "an observed address": ["01cb007105d431", "observed_address"],
    "a forged NACK": ["130203737663", "forged_message"],
    "a forged ACK": ["120003737663", "forged_message"],
    "a forged NACK in a routed message": ["2f03737663130203737663", "forged_message"],
    "a forged observed address in a routed message": ["2f0373766301cb007105d431", "forged_message"],
  };
  for (const [what, [message, reason]] of Object.entries(dropped)) {
    it(`drops ${what}`, () => {
      const bench = new TestBench();
      const connector = bench.registered("connector", ["svc"]);
      const agent = bench.registered("agent", ["svc"]);
      agent.send(Uint8Array.fromHex(message));
      assertEquals([connector.take(), bench.drops(reason)], [[], 1]);
      assertEquals(agent.connection.isClosed, false);
    });
  }

  it("sends a raw packet to the first registered service that has a connector", () => {
    const bench = new TestBench();
    const agent = bench.registered("agent", ["one", "two", "three"]);
    const three = bench.registered("connector", ["three"]);
    agent.send(request(1, 1));
    assertEquals(three.take().length, 1);
    const two = bench.registered("connector", ["two"]);
    agent.send(request(1, 2));
    assertEquals([two.take().length, three.take().length], [1, 0]);
  });

  it("drops packets for services without a connector", () => {
    const bench = new TestBench();
    const agent = bench.registered("agent", ["svc"]);
    agent.send(request(1, 1));
    agent.sendRouted("svc", request(1, 1));
    assertEquals(bench.drops("no_connector"), 2);
  });

  it("treats a client in both roles as an agent", () => {
    const bench = new TestBench();
    const both = bench.registered("connector", ["mine"]);
    both.register("agent", "other");
    const connector = bench.registered("connector", ["other"]);
    both.send(request(1, 1));
    assertEquals(connector.take().length, 1);
  });

  const refusals = [
    ["queue_full", "queue_full"],
    ["too_long", "too_long"],
    ["closed", "destination_closed"],
  ] as const;
  for (const [refusal, reason] of refusals) {
    it(`counts what the destination refuses as ${reason}, and not as relayed`, () => {
      const bench = new TestBench();
      const connector = bench.registered("connector", ["svc"]);
      const agent = bench.registered("agent", ["svc"]);
      connector.connection.refusal = refusal;
      agent.sendRouted("svc", request(1, 1));
      assertEquals([bench.drops(reason), bench.metrics.counter.datagramsRelayed.value], [1, 0]);
    });
  }

  it("drops what is longer than the connector's DATAGRAMs, and forwards what just fits", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const agent = bench.registered("agent", ["svc"]);
    agent.sendRouted("svc", new Uint8Array(1307).fill(0xff));
    agent.sendRouted("svc", new Uint8Array(1306).fill(0xff));
    assertEquals([connector.take().length, bench.drops("too_long")], [1, 1]);
  });
});

describe("Router, replies", () => {
  it("forwards a reply to the agent that asked, unwrapped", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const agents = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((text) => ({
      source: address(text),
      client: bench.registered("agent", ["svc"]),
    }));
    for (const { source, client } of agents) client.sendRouted("svc", request(source, 9));
    for (const packet of connector.take().toReversed()) connector.send(replyTo(packet));
    for (const { source, client } of agents) {
      assertEquals(hex(client.take()), [replyTo(request(source, 9)).toHex()]);
    }
  });

  it("keeps agents with the same inner address and port apart, with correct checksums", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const agents = Array.from({ length: 20 }, () => bench.registered("agent", ["svc"]));
    for (const [i, agent] of agents.entries()) {
      agent.sendRouted("svc", request(shared, 5000, `from ${i}`));
    }
    const received = connector.take();
    assertEquals(new Set(received.map(sourceOf)).size, agents.length);
    for (const [i, packet] of received.entries()) {
      // Also the checksums: the packet is what the agent would have sent from that address.
      assertEquals(packet, request(sourceOf(packet), 5000, `from ${i}`));
      connector.send(replyTo(packet, `to ${i}`));
    }
    for (const [i, agent] of agents.entries()) {
      assertEquals(agent.take(), [replyTo(request(shared, 5000), `to ${i}`)]);
    }
    const { translations } = bench.metrics.counter;
    assertEquals(translations.labels({ direction: "to_connector" }).value, 19);
    assertEquals(translations.labels({ direction: "to_agent" }).value, 19);
  });

  it("keeps agents apart that reach one connector by different services", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["one", "two"]);
    const agents = ["one", "two"].map((service) => ({
      service,
      client: bench.registered("agent", [service]),
    }));
    for (const { service, client } of agents) {
      client.sendRouted(service, request(shared, 5000, service));
    }
    for (const packet of connector.take()) connector.send(replyTo(packet));
    for (const { client } of agents) assertEquals(client.take().length, 1);
  });

  it("sends everything to the only agent, whatever it is", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const agent = bench.registered("agent", ["svc"]);
    const packets = [request(1, 1), Uint8Array.of(0xff, 1), new Uint8Array(40).fill(0x60)];
    for (const packet of packets) connector.send(packet);
    assertEquals(agent.take(), packets);
  });

  it("drops what could be one of several agents'", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["one", "two"]);
    const agents = [bench.registered("agent", ["one"]), bench.registered("agent", ["two"])];
    for (const packet of [request(1, 1), Uint8Array.of(0xff)]) connector.send(packet);
    assertEquals(agents.flatMap((agent) => agent.take()), []);
    assertEquals(bench.drops("unattributed_reply"), 2);
  });

  it("drops a reply to an agent that has gone, also when another is alone now", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const first = bench.registered("agent", ["svc"]);
    first.sendRouted("svc", request(shared, 5000));
    const [packet] = connector.take();
    first.close();
    const second = bench.registered("agent", ["svc"]);
    bench.clock.advance(addressQuarantineMs - 1);
    connector.send(replyTo(packet!));
    assertEquals([second.take(), bench.drops("quarantined_reply")], [[], 1]);
  });

  it("gives a quarantined address to nobody, and a free one back", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const first = bench.registered("agent", ["svc"]);
    first.sendRouted("svc", request(shared, 5000));
    first.close();
    const [second, third] = [0, 1].map(() => bench.registered("agent", ["svc"]));
    second!.sendRouted("svc", request(shared, 5000));
    assertNotEquals(sourceOf(connector.take()[1]), shared);
    bench.clock.advance(addressQuarantineMs);
    third!.sendRouted("svc", request(shared, 5000));
    assertEquals(sourceOf(connector.take()[0]), shared);
  });

  it("drops forged messages of a connector", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["svc"]);
    const agent = bench.registered("agent", ["svc"]);
    const nack = { accepted: false, status: 2, serviceId: "svc" };
    connector.send(unwrap(encodeRegistrationReply(nack)));
    assertEquals([agent.connection.received.length, bench.drops("forged_message")], [0, 1]);
  });

  it("still takes replies of a connector whose place another connection has taken", () => {
    const bench = new TestBench();
    const old = bench.registered("connector", ["svc"], "c");
    const agent = bench.registered("agent", ["svc"]);
    agent.sendRouted("svc", request(shared, 5000));
    const [packet] = old.take();
    bench.registered("connector", ["svc"], "c");
    old.send(replyTo(packet!));
    assertEquals(agent.take().length, 1);
  });
});

describe("Router, several connectors", () => {
  function flowsAt(connectors: readonly TestClient[]): number[] {
    return connectors.map((connector) => new Set(connector.take().map((p) => p.toHex())).size);
  }

  function threeConnectors(): { bench: TestBench; agent: TestClient; connectors: TestClient[] } {
    const bench = new TestBench();
    const connectors = ["a", "b", "c"].map((n) => bench.registered("connector", ["svc"], n));
    return { bench, connectors, agent: bench.registered("agent", ["svc"]) };
  }

  it("spreads the flows of a service evenly", () => {
    const { agent, connectors } = threeConnectors();
    for (let port = 1; port <= 30; port++) agent.sendRouted("svc", request(shared, port));
    assertEquals(flowsAt(connectors), [10, 10, 10]);
  });

  it("keeps a flow at its connector, also when others join", () => {
    const { bench, agent, connectors } = threeConnectors();
    for (let port = 1; port <= 30; port++) agent.sendRouted("svc", request(shared, port));
    const before = connectors.map((connector) => connector.take().map((p) => p.toHex()));
    const newcomer = bench.registered("connector", ["svc"], "d");
    for (let port = 1; port <= 30; port++) agent.sendRouted("svc", request(shared, port));
    assertEquals(connectors.map((connector) => hex(connector.take())), before);
    assertEquals(newcomer.take(), []);
    agent.sendRouted("svc", request(shared, 31));
    assertEquals(newcomer.take().length, 1);
  });

  it("gives a dead connector's flows to the survivors with their next packet", () => {
    const { bench, agent, connectors } = threeConnectors();
    for (let port = 1; port <= 30; port++) agent.sendRouted("svc", request(shared, port));
    flowsAt(connectors);
    connectors[0]!.close();
    for (let port = 1; port <= 30; port++) agent.sendRouted("svc", request(shared, port));
    assertEquals(flowsAt(connectors), [0, 15, 15]);
    assertEquals(bench.metrics.counter.flowFailovers.value, 10);
    assertEquals(bench.drops("destination_closed"), 0);
  });

  it("moves all flows to a reconnected connector of the same identity at once", () => {
    const bench = new TestBench();
    const agent = bench.registered("agent", ["svc"]);
    const old = bench.registered("connector", ["svc"], "c");
    agent.sendRouted("svc", request(shared, 1));
    const current = bench.registered("connector", ["svc"], "c");
    agent.sendRouted("svc", request(shared, 1));
    assertEquals([old.take().length, current.take().length], [1, 1]);
    assertEquals(bench.metrics.counter.connectorTakeovers.value, 1);
  });

  it("moves all flows to the newest anonymous connector, and back when it ends", () => {
    const bench = new TestBench();
    const agent = bench.registered("agent", ["svc"]);
    const [old, current] = [0, 1].map(() => bench.registered("connector", ["svc"]));
    agent.sendRouted("svc", request(shared, 1));
    assertEquals([old!.take().length, current!.take().length], [0, 1]);
    current!.close();
    agent.sendRouted("svc", request(shared, 1));
    assertEquals(old!.take().length, 1);
  });

  it("keeps everything that is not IPv4 of one agent and service together", () => {
    const { agent, connectors } = threeConnectors();
    for (let i = 0; i < 10; i++) agent.sendRouted("svc", Uint8Array.of(0x60, i));
    assertEquals(flowsAt(connectors).sort(), [0, 0, 10]);
  });

  it("spreads flows by their hash, and keeps them, when there is no room to pin them", () => {
    const bench = new TestBench({ limits: { maxFlows: 0 } });
    const connectors = ["a", "b"].map((name) => bench.registered("connector", ["svc"], name));
    const agent = bench.registered("agent", ["svc"]);
    for (let round = 0; round < 3; round++) {
      for (let port = 1; port <= 100; port++) agent.sendRouted("svc", request(shared, port));
    }
    const [one = 0, two = 0] = flowsAt(connectors);
    assertEquals(one + two, 100);
    assert(one > 20 && two > 20, `${one} and ${two}`);
    assertEquals(bench.reached("flows"), 300);
  });
});

describe("Router, bounds and cleaning up", () => {
  it("drops packets from more inner addresses than an agent may have", () => {
    const bench = new TestBench({ limits: { maxAddressesPerAgent: 3 } });
    const connector = bench.registered("connector", ["svc"]);
    const agent = bench.registered("agent", ["svc"]);
    for (let source = 1; source <= 5; source++) agent.sendRouted("svc", request(source, 1));
    assertEquals(connector.take().length, 3);
    assertEquals([bench.drops("address_limit"), bench.reached("addresses_per_agent")], [2, 2]);
  });

  it("keeps nothing of clients that have gone", () => {
    const bench = new TestBench();
    const clients: TestClient[] = [];
    for (let i = 0; i < 10; i++) {
      clients.push(bench.registered("connector", ["one", "two"], `c${i}`));
      clients.push(bench.registered("agent", ["one", "two"]));
    }
    for (const client of clients) {
      for (let port = 1; port <= 5; port++) client.sendRouted("one", request(shared, port));
    }
    assert(bench.flows.size > 0 && bench.addresses.activeCount > 0);
    for (const client of clients) client.close();
    assertEquals([bench.flows.size, bench.addresses.activeCount, bench.registry.services.size], [
      0,
      0,
      0,
    ]);
    assertEquals(bench.addresses.quarantinedCount, 0);
    assertEquals(bench.clock.pendingTimers <= 1, true);
    bench.clock.advance(3_600_000);
    assertEquals(bench.clock.pendingTimers, 0);
  });

  it("survives any message of any client", () => {
    const prefix = fc.constantFrom("", "2f03737663", "2f0373766345", "45", "10", "11", "4f", "12");
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 70 }), (start, rest) => {
        const bench = new TestBench();
        const clients = [
          bench.registered("agent", ["svc"]),
          bench.registered("connector", ["svc"]),
          bench.connect(),
        ];
        const message = Uint8Array.of(...Uint8Array.fromHex(start), ...rest);
        for (let round = 0; round < 2; round++) for (const client of clients) client.send(message);
        assertEquals(clients.map(({ connection }) => connection.isClosed), [false, false, false]);
      }),
      { numRuns: 1000 },
    );
  });
});
