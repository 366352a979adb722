import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Connector } from "../../connector/connector.ts";
import { type DropReason, dropReasons } from "../../connector/drops.ts";
import type { TestBackend } from "../../connector/test_backend.ts";
import { parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { hasIpv6 } from "../support/ipv6.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import type { TunnelClient } from "../support/tunnel_client.ts";
import { vector } from "../support/vectors.ts";
import { waitFor } from "../support/wait.ts";

function drops(connector: Connector, reason: DropReason, service = "a"): number {
  return connector.metrics.counter.drops.labels({ service, reason }).value!;
}

function allDrops(connector: Connector): number {
  const reasons = Object.keys(dropReasons) as DropReason[];
  return reasons.reduce((sum, reason) => sum + drops(connector, reason), 0);
}

function texts(backend: TestBackend): string[] {
  return backend.received.map(({ data }) => new TextDecoder().decode(data));
}

interface Tunnel {
  readonly backend: TestBackend;
  readonly connector: Connector;
  readonly agent: TunnelClient;
}

async function startTunnel(
  lab: TunnelLab,
  options: Parameters<TunnelLab["connector"]>[2] = {},
): Promise<Tunnel> {
  const relay = await lab.openRelay();
  const backend = lab.backend();
  const connector = await lab.connector(relay, { a: backend }, options);
  return { backend, connector, agent: await lab.registered(relay, "agent", "a") };
}

const route = "10.0.0.1:1 > 10.100.0.1:2";
const routeBack = "10.100.0.1:2 > 10.0.0.1:1";

describe("a service's connector, with UDP", () => {
  it("I01, I02: takes a packet's payload to the backend, and the answer back", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab);
    agent.sendRouted("a", vector("I01").bytes);
    await waitFor(() => agent.packets.length === 1, "the reply");
    assertEquals(texts(backend), ["Hello"]);
    // The vector has no UDP checksum; ours is right.
    const reply = agent.packets[0]!.slice();
    assertNotEquals(reply.subarray(26, 28).toHex(), "0000");
    reply.fill(0, 26, 28);
    assertEquals(reply.toHex(), vector("I02").hex);
    assertEquals(await agent.nextPacket(), "127.0.0.1:9999 > 10.0.0.100:12345 Hello");
    const { forwardedPackets, forwardedBytes } = connector.metrics.counter;
    assertEquals([forwardedPackets.value, forwardedBytes.value], [1, 5]);
  });

  for (const [id, expected] of [["I06", "He"], ["I07", ""], ["I08", "Hi"]] as const) {
    const { title, bytes } = vector(id);
    it(`${id}, ${title}: is forwarded as "${expected}"`, async () => {
      await using lab = await TunnelLab.create();
      const { agent, backend, connector } = await startTunnel(lab);
      agent.sendRouted("a", bytes);
      await waitFor(() => backend.received.length === 1, "the payload");
      assertEquals(texts(backend), [expected]);
      assertEquals(allDrops(connector), 0);
    });
  }

  for (const id of ["D05", "I03", "I04", "I05", "I09", "I10", "I11", "I13"]) {
    const { title, bytes } = vector(id);
    it(`${id}, ${title}: is dropped and counted`, async () => {
      await using lab = await TunnelLab.create();
      const { agent, backend, connector } = await startTunnel(lab);
      agent.sendRouted("a", bytes);
      await waitFor(() => allDrops(connector) === 1, "the drop");
      agent.sendRouted("a", udpPacket(route, "next"));
      assertEquals(await agent.nextPacket(), `${routeBack} next`);
      assertEquals(texts(backend), ["next"]);
    });
  }

  it("drops packets whose checksum is wrong, and fragments [LC17]", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab);
    const good = udpPacket(route, "good");
    const badHeader = good.slice();
    badHeader[8]! ^= 1;
    const badPayload = good.slice();
    badPayload[29]! ^= 1;
    const fragment = good.slice();
    // "More fragments" instead of "don't fragment"; the checksum makes up for it.
    fragment.set([0x20, 0x00], 6);
    const view = new DataView(fragment.buffer);
    view.setUint16(10, view.getUint16(10) + 0x2000);
    for (const packet of [badHeader, badPayload, fragment, good]) agent.sendRouted("a", packet);
    assertEquals(await agent.nextPacket(), `${routeBack} good`);
    assertEquals(texts(backend), ["good"]);
    assertEquals([drops(connector, "bad_checksum"), drops(connector, "fragment")], [2, 1]);
  });

  it("answers from the virtual address and port that the agent has used [LC3]", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend } = await startTunnel(lab);
    for (const service of ["10.100.0.1:53", "10.100.0.1:54", "10.100.0.2:53", "1.2.3.4:9999"]) {
      agent.sendRouted("a", udpPacket(`10.0.0.1:1 > ${service}`, "x"));
      assertEquals(await agent.nextPacket(), `${service} > 10.0.0.1:1 x`);
    }
    assertEquals(new Set(backend.received.map(({ from }) => from.port)).size, 4);
  });

  it("takes answers from the backend's address and port only [LC4]", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab);
    agent.sendRouted("a", udpPacket(route, "hello"));
    await agent.nextPacket();
    const flow = backend.received[0]!.from;
    // Another program of the same host.
    const neighbour = lab.backend();
    await neighbour.send(new TextEncoder().encode("injected"), flow);
    await waitFor(() => drops(connector, "reply_foreign") === 1, "the drop");
    await backend.send(new TextEncoder().encode("more"), flow);
    assertEquals(await agent.nextPacket(), `${routeBack} more`);
    assertEquals(await agent.takePackets(), []);
  });

  it("passes on payloads of any length that fits, and drops longer answers", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab);
    const random = seededRandom(5);
    for (const length of [0, 1, 2, 3, 1000, 1275]) {
      const payload = Uint8Array.from({ length }, () => Math.floor(random() * 256));
      agent.sendRouted("a", udpPacket(route, payload));
      await waitFor(() => agent.packets.length === 1, `${length} bytes`);
      assertEquals(agent.packets.shift()!.subarray(28).toHex(), payload.toHex());
    }
    const flow = backend.received[0]!.from;
    await backend.send(new Uint8Array(1279), flow);
    await waitFor(() => drops(connector, "reply_too_long") === 1, "the drop");
    await backend.send(new Uint8Array(1278), flow);
    await waitFor(() => agent.packets.length === 1, "the longest answer");
    assertEquals(agent.packets[0]!.length, 1306);
  });

  it("keeps the order of packets and answers of a flow", async () => {
    await using lab = await TunnelLab.create();
    const { agent } = await startTunnel(lab);
    const payloads = Array.from({ length: 60 }, (_, index) => String(index));
    for (const payload of payloads) agent.sendRouted("a", udpPacket(route, payload));
    const expected = payloads.map((payload) => `${routeBack} ${payload}`);
    assertEquals(await agent.nextPackets(payloads.length), expected);
  });

  it("serves only the service address that it is given, with any protocol [LC34]", async () => {
    await using lab = await TunnelLab.create();
    const serviceAddress = parseIpv4Address("10.100.0.1")!;
    const { agent, backend, connector } = await startTunnel(lab, { service: { serviceAddress } });
    agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.9:2", "wrong"));
    agent.sendRouted("a", udpPacket(route, "right"));
    assertEquals(await agent.nextPacket(), `${routeBack} right`);
    assertEquals(texts(backend), ["right"]);
    assertEquals(drops(connector, "wrong_destination"), 1);
  });
});

describe("a connector's UDP flows", () => {
  it("end when they are idle, and the next packet opens another one", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab, { limits: { udpFlowIdleMs: 50 } });
    const { udpFlows } = connector.metrics.gauge;
    agent.sendRouted("a", udpPacket(route, "one"));
    await agent.nextPacket();
    assertEquals(udpFlows.labels({ service: "a" }).value, 1);
    await waitFor(() => udpFlows.labels({ service: "a" }).value === 0, "the flow's end");
    agent.sendRouted("a", udpPacket(route, "two"));
    assertEquals(await agent.nextPacket(), `${routeBack} two`);
    assertNotEquals(backend.received[0]!.from.port, backend.received[1]!.from.port);
    const { udpFlowsEnded } = connector.metrics.counter;
    assertEquals(udpFlowsEnded.labels({ service: "a", reason: "idle" }).value, 1);
  });

  it("make room at the limit: the one that was idle longest ends", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab, { config: { maxUdpFlows: 3 } });
    const use = async (source: number): Promise<number> => {
      agent.sendRouted("a", udpPacket(`10.0.0.${source}:1 > 10.100.0.1:2`, "x"));
      assertEquals(await agent.nextPacket(), `10.100.0.1:2 > 10.0.0.${source}:1 x`);
      return backend.received.at(-1)!.from.port;
    };
    const [one, two, three] = [await use(1), await use(2), await use(3)];
    await use(1);
    await use(4); // in the place of 2, which was idle longest
    assertEquals([await use(1), await use(3)], [one, three]);
    assertNotEquals(await use(2), two);
    const ended = connector.metrics.counter.udpFlowsEnded;
    assertEquals(ended.labels({ service: "a", reason: "evicted" }).value, 2);
    assertEquals(connector.metrics.gauge.udpFlows.labels({ service: "a" }).value, 3);
  });

  it("of one source take no room from others, however many it opens", async () => {
    await using lab = await TunnelLab.create();
    const { agent, backend, connector } = await startTunnel(lab, { config: { maxUdpFlows: 8 } });
    const use = async (route: string): Promise<number> => {
      agent.sendRouted("a", udpPacket(`${route} > 10.100.0.1:2`, "x"));
      assertEquals(await agent.nextPacket(), `10.100.0.1:2 > ${route} x`);
      return backend.received.at(-1)!.from.port;
    };
    const quiet = await use("10.0.0.1:1");
    for (let port = 1; port <= 20; port++) await use(`10.0.0.2:${port}`);
    assertEquals(await use("10.0.0.1:1"), quiet);
    const ended = connector.metrics.counter.udpFlowsEnded;
    assertEquals(ended.labels({ service: "a", reason: "evicted" }).value, 0);
    assertEquals(ended.labels({ service: "a", reason: "evicted_by_source" }).value, 18);
  });

  it("end with their relay connection, and agents go on over the next one", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    const connector = await lab.connector(relay, { a: backend });
    const before = await lab.registered(relay, "agent", "a");
    before.sendRouted("a", udpPacket(route, "before"));
    await before.nextPacket();
    await relay.close();
    const { udpFlowsEnded } = connector.metrics.counter;
    await waitFor(
      () => udpFlowsEnded.labels({ service: "a", reason: "uplink_closed" }).value === 1,
      "the flow's end",
    );
    const next = await lab.openRelay({ port: relay.address.port });
    await waitFor(() => connector.readiness().ready, "the next registration");
    const after = await lab.registered(next, "agent", "a");
    after.sendRouted("a", udpPacket(route, "after"));
    assertEquals(await after.nextPacket(), `${routeBack} after`);
    assertNotEquals(backend.received[0]!.from.port, backend.received[1]!.from.port);
  });
});

describe("a connector's backends", () => {
  it("are one for each service, all on one connector [LC5]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backends = { one: lab.backend(), two: lab.backend(), three: lab.backend() };
    for (const [name, backend] of Object.entries(backends)) {
      backend.answer = () => new TextEncoder().encode(`from ${name}`);
    }
    const connector = await lab.connector(relay, backends);
    const agent = await lab.registered(relay, "agent", Object.keys(backends));
    for (const name of Object.keys(backends)) {
      // The same inner addresses and ports for all of them.
      agent.sendRouted(name, udpPacket(route, `to ${name}`));
      assertEquals(await agent.nextPacket(), `${routeBack} from ${name}`);
      assertEquals(texts(backends[name as keyof typeof backends]), [`to ${name}`]);
    }
    const status = connector.status().services.map(({ id, flows }) => [id, flows]);
    assertEquals(status, [["one", 1], ["two", 1], ["three", 1]]);
  });

  it("may have IPv6 addresses [LC37]", { skip: !hasIpv6() }, async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend("::1");
    await lab.connector(relay, { a: `[::1]:${backend.address.port}` });
    const agent = await lab.registered(relay, "agent", "a");
    for (const payload of ["one", "two"]) {
      agent.sendRouted("a", udpPacket(route, payload));
      assertEquals(await agent.nextPacket(), `${routeBack} ${payload}`);
    }
    assertEquals(backend.received[0]!.from.hostname, "::1");
  });

  it("may have names, which the system resolves [LC33]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    const connector = await lab.connector(
      relay,
      { a: `echo.test:${backend.address.port}`, b: `localhost:${backend.address.port}` },
      { lookup: (name) => Promise.resolve(name === "echo.test" ? ["127.0.0.1"] : []) },
    );
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendRouted("a", udpPacket(route, "by name"));
    assertEquals(await agent.nextPacket(), `${routeBack} by name`);
    const { backendResolutions } = connector.metrics.counter;
    assertEquals(backendResolutions.labels({ service: "a" }).value, 1);
  });

  it("that can't be resolved cost their own packets only, until they can", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    let resolvable = false;
    const connector = await lab.connector(
      relay,
      { a: `late.test:${backend.address.port}`, b: backend },
      {
        lookup: () =>
          resolvable ? Promise.resolve(["127.0.0.1"]) : Promise.reject(new Error("no such name")),
        limits: { backendRetryMs: 10 },
      },
    );
    const agent = await lab.registered(relay, "agent", ["a", "b"]);
    agent.sendRouted("a", udpPacket(route, "lost"));
    await waitFor(() => drops(connector, "backend_unresolved") === 1, "the drop");
    agent.sendRouted("b", udpPacket(route, "not lost"));
    assertEquals(await agent.nextPacket(), `${routeBack} not lost`);
    const { backendErrors } = connector.metrics.counter;
    assert(backendErrors.labels({ service: "a", kind: "resolve" }).value! > 0);
    resolvable = true;
    await waitFor(() => {
      agent.sendRouted("a", udpPacket(route, "late"));
      return agent.packets.length > 0;
    }, "the name's address");
    assertEquals(await agent.nextPacket(), `${routeBack} late`);
  });
});
