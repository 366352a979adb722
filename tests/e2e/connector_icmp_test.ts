import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { TestBackend } from "../../connector/test_backend.ts";
import { parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { pingPacket, udpPacket } from "../support/inner_packets.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";
import { waitFor } from "../support/wait.ts";

describe("a service's connector, with ICMP", () => {
  it("I14: answers an echo request byte for byte", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend() });
    const agent = await lab.registered(relay, "agent", "a");
    const { bytes, answer } = vector("I14");
    agent.sendRouted("a", bytes);
    agent.send(bytes);
    await waitFor(() => agent.packets.length === 2, "both replies");
    assertEquals(agent.packets.map((packet) => packet.toHex()), [answer!, answer!]);
    const labels = { service: "a", protocol: "icmp", direction: "to_agent" };
    assertEquals(connector.metrics.counter.packets.labels(labels).value, 2);
  });

  for (const id of ["I12", "I15", "I16"]) {
    const { title, bytes } = vector(id);
    it(`${id}, ${title}: is dropped and counted`, async () => {
      await using lab = await TunnelLab.create();
      const relay = await lab.openRelay();
      const connector = await lab.connector(relay, { a: lab.backend() });
      const agent = await lab.registered(relay, "agent", "a");
      agent.sendRouted("a", bytes);
      agent.sendRouted("a", pingPacket("10.0.0.1 > 10.100.0.1", 1, 1, "next"));
      assertEquals(await agent.nextPacket(), "10.100.0.1 > 10.0.0.1 pong 1/1 next");
      const reasons = ["bad_ipv4", "bad_icmp", "not_echo_request"];
      const dropped = reasons.map((reason) =>
        connector.metrics.counter.drops.labels({ service: "a", reason }).value!
      );
      assertEquals(dropped.reduce((sum, count) => sum + count), 1, String(dropped));
    });
  }

  it("answers up to a rate, so that nobody can use it to flood [LC16]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      limits: { icmpRepliesPerSecond: 1 },
    });
    const agent = await lab.registered(relay, "agent", "a");
    const pings = 100;
    for (let sequence = 0; sequence < pings; sequence++) {
      agent.sendRouted("a", pingPacket("10.0.0.1 > 10.100.0.1", 1, sequence, ""));
    }
    const counters = connector.metrics.counter;
    const limited = counters.drops.labels({ service: "a", reason: "icmp_rate" });
    const labels = { service: "a", protocol: "icmp", direction: "to_agent" };
    const answered = counters.packets.labels(labels);
    await waitFor(() => limited.value! + answered.value! === pings, "a verdict on each");
    assert(limited.value! > 0 && answered.value! > 0, `${limited.value} ${answered.value}`);
    await agent.nextPackets(answered.value!);
    assertEquals(await agent.takePackets(), []);
  });

  it("answers for the service address only, when it is given one [LC34]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const service = { serviceAddress: parseIpv4Address("10.100.0.1")! };
    await lab.connector(relay, { a: lab.backend() }, { service });
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendRouted("a", pingPacket("10.0.0.1 > 10.100.0.9", 1, 1, "wrong"));
    agent.sendRouted("a", pingPacket("10.0.0.1 > 10.100.0.1", 1, 2, "right"));
    assertEquals(await agent.nextPacket(), "10.100.0.1 > 10.0.0.1 pong 1/2 right");
  });

  it("shows that the tunnel works, also while the backend is away", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = new TestBackend();
    const { port } = backend.address;
    backend[Symbol.dispose]();
    await lab.connector(relay, { a: `127.0.0.1:${port}` });
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", "x"));
    agent.sendRouted("a", pingPacket("10.0.0.1 > 10.100.0.1", 7, 7, "x".repeat(1000)));
    const pong = `10.100.0.1 > 10.0.0.1 pong 7/7 ${"x".repeat(1000)}`;
    assertEquals(await agent.nextPacket(), pong);
  });
});
