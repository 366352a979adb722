import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { addressQuarantineMs } from "./limits.ts";
import { TestBench, type TestClient } from "./test_bench.ts";

const backend = parseIpv4Address("10.100.0.1")!;
/** Few addresses and ports, one of them of the pool, so that agents clash all the time. */
const sources = ["100.64.0.1", "100.64.0.2", "10.0.0.1"].map((text) => parseIpv4Address(text)!);
const services = ["web", "db"];
const connectorNames = ["x", "x", "y", undefined, undefined];
const agentCount = 4;

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ send: fc.nat(agentCount - 1), source: fc.nat(2), port: fc.nat(1) }),
  },
  { weight: 4, arbitrary: fc.record({ reply: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ agent: fc.nat(agentCount - 1), service: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ connector: fc.nat(4), service: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ agentGone: fc.nat(agentCount - 1) }) },
  { weight: 1, arbitrary: fc.record({ connectorGone: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ ms: fc.constantFrom(1, 70_000, 300_000) }) },
);

interface Request {
  /** At which connector it arrived, as a client that may be gone by now. */
  readonly connector: TestClient;
  readonly packet: Uint8Array;
  readonly agent: TestClient;
  readonly sentMs: number;
}

/**
 * Real router, registry and translation between clients that come, register, send and go at any
 * time. Each request carries the number of its agent's connection; each reply repeats it.
 */
class World {
  readonly bench = new TestBench();
  readonly agents: TestClient[];
  readonly connectors: TestClient[];
  readonly requests: Request[] = [];
  readonly #byId = new Map<number, TestClient>();
  readonly #goneMs = new Map<TestClient, number>();
  #nonce = 0;

  constructor() {
    this.agents = Array.from({ length: agentCount }, () => this.#connect(undefined));
    this.connectors = connectorNames.map((name) => this.#connect(name));
  }

  #connect(name: string | undefined): TestClient {
    const names = services.flatMap((id) => [`agent:${id}`, `connector:${id}`]);
    const client = this.bench.connect(name, names);
    this.#byId.set(client.connection.id, client);
    return client;
  }

  replace(clients: TestClient[], index: number, name: string | undefined): void {
    clients[index]!.close();
    this.#goneMs.set(clients[index]!, this.bench.clock.now());
    clients[index] = this.#connect(name);
  }

  send(agent: TestClient, source: number, sourcePort: number): void {
    const payload = Uint8Array.of(agent.connection.id, this.#nonce++ & 0xff);
    const service = agent.peer.agentServices?.list[0];
    const expected = service !== undefined && service.serving.length > 0;
    const packet = { source, sourcePort, destination: backend, destinationPort: 80, payload };
    agent.send(buildUdpPacket(packet));
    const arrived = this.#collect(agent);
    // With one service the first is the only one; with two the second may have a connector.
    if (expected) assertEquals(arrived, 1, "a packet with a serving connector must arrive");
  }

  /** What has arrived at the connectors; it must arrive at one that serves the agent. */
  #collect(agent: TestClient): number {
    let arrived = 0;
    for (const connector of this.#byId.values()) {
      for (const packet of connector.take()) {
        arrived += 1;
        assert(!connector.connection.isClosed, "a closed connector got a packet");
        const serves = agent.peer.agentServices?.list.some((service) =>
          service.serving.some(({ owner }) => owner === connector.peer)
        );
        assert(serves, "a connector got a packet of a service that it does not serve");
        this.requests.push({ connector, packet, agent, sentMs: this.bench.clock.now() });
      }
    }
    return arrived;
  }

  reply({ connector, packet, agent }: Request): void {
    if (connector.connection.isClosed) return;
    const view = new DataView(packet.buffer, packet.byteOffset);
    const before = this.bench.metrics.counter.datagramsRelayed.value!;
    connector.send(buildUdpPacket({
      source: backend,
      sourcePort: 80,
      destination: view.getUint32(12),
      destinationPort: view.getUint16(20),
      payload: packet.subarray(28),
    }));
    const isAlive = !agent.connection.isClosed;
    const goneForMs = this.bench.clock.now() - (this.#goneMs.get(agent) ?? this.bench.clock.now());
    const delivered = this.bench.metrics.counter.datagramsRelayed.value! - before;
    // A reply that is later than the quarantine may be anybody's; none comes as late.
    if (!isAlive && goneForMs >= addressQuarantineMs) {
      for (const client of this.#byId.values()) client.take();
      return;
    }
    // A client that is a connector takes part as an agent in no reply here.
    assertEquals(delivered, isAlive ? 1 : 0, "a reply reaches its agent while that lives");
    for (const client of this.#byId.values()) {
      for (const received of client.take()) {
        assertEquals(received[28], client.connection.id, "a reply reached another agent");
      }
    }
  }
}

describe("Router under any interleaving of registrations, packets and closed connections", () => {
  it("brings each reply to the agent that asked and to nobody else", () => {
    let replies = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 150 }), (steps) => {
        const world = new World();
        const { agents, connectors, bench } = world;
        for (const id of services) {
          connectors[0]!.register("connector", id);
          agents[0]!.register("agent", id);
          agents[1]!.register("agent", id);
        }
        for (const each of steps) {
          if ("send" in each) {
            world.send(agents[each.send]!, sources[each.source]!, 1000 + each.port);
          } else if ("reply" in each) {
            const request = world.requests[each.reply % world.requests.length];
            if (request !== undefined) {
              replies += 1;
              world.reply(request);
            }
          } else if ("agent" in each) {
            agents[each.agent]!.register("agent", services[each.service]!);
          } else if ("connector" in each) {
            connectors[each.connector]!.register("connector", services[each.service]!);
          } else if ("agentGone" in each) {
            world.replace(agents, each.agentGone, undefined);
          } else if ("connectorGone" in each) {
            world.replace(connectors, each.connectorGone, connectorNames[each.connectorGone]);
          } else {
            bench.clock.advance(each.ms);
          }
        }
        for (const client of [...agents, ...connectors]) client.close();
        assertEquals([bench.flows.size, bench.addresses.activeCount], [0, 0]);
        assertEquals([bench.addresses.quarantinedCount, bench.registry.services.size], [0, 0]);
      }),
      { numRuns: 300 },
    );
    assert(replies > 1000, `the model has tried ${replies} replies only`);
  });
});
