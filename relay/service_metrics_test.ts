import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { maxNamedServices } from "./limits.ts";
import { TestBench, type TestClient } from "./test_bench.ts";

const agentAddress = parseIpv4Address("100.64.0.1")!;
const backend = parseIpv4Address("10.100.0.1")!;
const ends = { source: agentAddress, destination: backend };
const request = buildUdpPacket({
  ...ends,
  ...{ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(72) },
});
const reply = buildUdpPacket({
  ...{ source: backend, destination: agentAddress },
  ...{ sourcePort: 2, destinationPort: 1, payload: new Uint8Array(12) },
});

/** The values of a service: packets and bytes to its connectors, to its agents, and drops. */
function counted({ metrics: { counter } }: TestBench, service: string): (number | undefined)[] {
  const { servicePackets, serviceBytes, serviceDrops } = counter;
  const directions = ["to_connector", "to_agent"].flatMap((direction) => [
    servicePackets.labels({ service, direction }).value,
    serviceBytes.labels({ service, direction }).value,
  ]);
  return [...directions, serviceDrops.labels({ service }).value];
}

/** Agents and connectors by service, as a scrape shows them. */
function registered({ metrics: { gauge } }: TestBench): Record<string, number[]> {
  const shown: Record<string, number[]> = {};
  for (const { labels, instrument } of gauge.serviceAgents.series()) {
    shown[labels.service] = [instrument.value!];
  }
  for (const { labels, instrument } of gauge.serviceConnectors.series()) {
    shown[labels.service]!.push(instrument.value!);
  }
  return shown;
}

const reached = (bench: TestBench): number => bench.reached("named_services");

describe("ServiceMetrics", () => {
  it("counts packets, bytes and drops by service and direction", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["a"]);
    const agent = bench.registered("agent", ["a", "b"]);
    agent.sendRouted("a", request);
    agent.sendRouted("a", request);
    connector.send(reply);
    agent.sendRouted("b", request);
    connector.connection.refusal = "queue_full";
    agent.sendRouted("a", request);
    assertEquals(counted(bench, "a"), [2, 200, 1, 40, 1]);
    assertEquals(counted(bench, "b"), [0, 0, 0, 0, 1], "no_connector");
    assertEquals(counted(bench, "other"), [0, 0, 0, 0, 0]);
  });

  it("counts a reply for the service that its agent has used last", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["a", "b"]);
    const agent = bench.registered("agent", ["a", "b"]);
    for (const service of ["a", "b"]) {
      agent.sendRouted(service, request);
      connector.send(reply);
    }
    assertEquals([counted(bench, "a"), counted(bench, "b")], [
      [1, 100, 1, 40, 0],
      [1, 100, 1, 40, 0],
    ]);
  });

  it("counts what has no address of an agent where only one service can be meant", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["a"]);
    const noIp = Uint8Array.of(0x60, 1, 2);
    connector.send(noIp);
    assertEquals(counted(bench, "a"), [0, 0, 0, 0, 1], "unattributed_reply");
    bench.registered("agent", ["a"]);
    connector.send(noIp);
    assertEquals(counted(bench, "a"), [0, 0, 1, 3, 1]);
  });

  it("shows who is registered now, and 0 for those that have gone", () => {
    const bench = new TestBench();
    const connector = bench.registered("connector", ["a"]);
    const agents = [bench.registered("agent", ["a", "b"]), bench.registered("agent", ["a"])];
    assertEquals(registered(bench), { other: [0, 0], a: [2, 1], b: [1, 0] });
    for (const client of [connector, ...agents]) client.close();
    assertEquals(registered(bench), { other: [0, 0], a: [0, 0], b: [0, 0] });
  });

  it("goes on counting where it was when a service comes back", () => {
    const bench = new TestBench();
    for (let round = 1; round <= 2; round++) {
      const clients = [bench.registered("connector", ["a"]), bench.registered("agent", ["a"])];
      clients[1]!.sendRouted("a", request);
      assertEquals(counted(bench, "a"), [round, 100 * round, 0, 0, 0]);
      for (const client of clients) client.close();
    }
  });

  it("sums what is beyond the bound as other, and says so", () => {
    const bench = new TestBench({ limits: { maxNamedServices: 1 } });
    bench.registered("connector", ["a", "b", "c"]);
    const agent = bench.registered("agent", ["a", "b", "c"]);
    assertEquals(reached(bench), 2);
    for (const service of ["a", "b", "c"]) agent.sendRouted(service, request);
    assertEquals(counted(bench, "a"), [1, 100, 0, 0, 0]);
    assertEquals(counted(bench, "other"), [2, 200, 0, 0, 0]);
    assertEquals(registered(bench), { other: [2, 2], a: [1, 1] });
    agent.close();
    assertEquals(registered(bench), { other: [0, 2], a: [0, 1] });
  });

  it("gives the place of the service that has gone longest ago to a new one", () => {
    const bench = new TestBench({ limits: { maxNamedServices: 2 } });
    const [a] = [bench.registered("connector", ["a"]), bench.registered("connector", ["b"])];
    a.close();
    bench.registered("agent", ["c"]);
    assertEquals(registered(bench), { other: [0, 0], b: [0, 1], c: [1, 0] });
    assertEquals(reached(bench), 0);
  });

  it("gives the place of a service that only agents want to one that has a connector", () => {
    const bench = new TestBench({ limits: { maxNamedServices: 2 } });
    const agent = bench.registered("agent", ["made up", "wanted", "real"]);
    assertEquals(registered(bench), { other: [1, 0], "made up": [1, 0], wanted: [1, 0] });
    bench.registered("connector", ["wanted"]);
    bench.registered("connector", ["real"]);
    assertEquals(registered(bench), { other: [1, 0], wanted: [1, 1], real: [1, 1] });
    agent.sendRouted("made up", request);
    agent.sendRouted("real", request);
    assertEquals(counted(bench, "other"), [0, 0, 0, 0, 1]);
    assertEquals(counted(bench, "real"), [1, 100, 0, 0, 0]);
    bench.registered("connector", ["late"]);
    assertEquals(registered(bench), { other: [1, 1], wanted: [1, 1], real: [1, 1] });
  });

  it("does not mix services up whose IDs look the same as labels", () => {
    const bench = new TestBench();
    const long = "x".repeat(128);
    bench.registered("agent", ["other", `${long}1`, `${long}2`]);
    assertEquals(registered(bench), { other: [2, 0], [long]: [1, 0] });
  });

  it("shows the services of a usual relay, each in all of its series", () => {
    const bench = new TestBench();
    const names = Array.from({ length: maxNamedServices + 1 }, (_, i) => `s${i}`);
    for (const name of names) bench.registered("connector", [name]);
    const agents = Object.keys(registered(bench));
    assertEquals(agents.length, maxNamedServices + 1);
    const directions = [...bench.metrics.counter.servicePackets.series()];
    assertEquals(directions.length, 2 * agents.length);
    assertEquals(directions.filter(({ labels }) => labels.direction === "other"), []);
  });

  it("has every registration in one series, and no more series than it may", () => {
    const step = fc.record({
      client: fc.nat(5),
      role: fc.constantFrom("agent" as const, "connector" as const),
      service: fc.constantFrom("a", "b", "c", "d", "other"),
      leaves: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new TestBench({ limits: { maxNamedServices: 2 } });
      const clients: (TestClient | undefined)[] = [];
      for (const { client, role, service, leaves } of steps) {
        if (leaves) {
          clients[client]?.close();
          clients[client] = undefined;
        } else {
          (clients[client] ??= bench.connect(`name${client}`, ["agent:*", "connector:*"]))
            .register(role, service);
        }
        const shown = Object.values(registered(bench));
        const services = [...bench.registry.services.values()];
        const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
        assertEquals(
          sum(shown.map(([agents]) => agents!)),
          sum(services.map((s) => s.agents.size)),
        );
        assertEquals(
          sum(shown.map(([, connectors]) => connectors!)),
          sum(services.map((s) => s.serving.length)),
        );
        assert(shown.length <= 3, `${shown.length} series`);
      }
    }));
  });
});
