import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Relay } from "../../relay/relay.ts";
import { parseIpv4, parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { describePacket, pingPacket, udpPacket } from "../support/inner_packets.ts";
import { ReferenceConnector, type ReferenceFlow } from "../support/reference_connector.ts";
import type { TunnelClient } from "../support/tunnel_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

/** What all macOS agents use (protocol section 11.3), and one port for all of them. */
const agentSide = "100.64.0.1:5000";
const serviceSide = "10.100.0.1:7";
const agentCount = 6;

function startAgents(lab: TunnelLab, relay: Relay): Promise<TunnelClient[]> {
  return Promise.all(
    Array.from(
      { length: agentCount },
      (_, index) =>
        // Two QUIC implementations, side by side.
        index % 2 === 0
          ? lab.registered(relay, "agent", "echo")
          : lab.denoClient(relay).then(async (client) => {
            assertEquals(await client.register("agent", "echo"), "ack");
            return client;
          }),
    ),
  );
}

/** Each agent sends in turn, round after round, and must get its own replies and no others. */
async function talk(
  agents: readonly TunnelClient[],
  rounds: number,
  request: (agent: number, round: number) => Uint8Array,
  reply: (agent: number, round: number) => string,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [index, agent] of agents.entries()) agent.sendRouted("echo", request(index, round));
  }
  for (const [index, agent] of agents.entries()) {
    const expected = Array.from({ length: rounds }, (_, round) => reply(index, round));
    assertEquals((await agent.nextPackets(rounds)).sort(), expected.sort());
  }
  for (const agent of agents) assertEquals(await agent.takePackets(), []);
}

describe("many agents on one service, all with the same inner address and port", () => {
  it("get their own UDP replies and nobody else's [LR1] [LC1]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    await lab.connector(relay, { echo: backend });
    await talk(
      await startAgents(lab, relay),
      5,
      (agent, round) => udpPacket(`${agentSide} > ${serviceSide}`, `agent ${agent}, ${round}`),
      (agent, round) => `${serviceSide} > ${agentSide} agent ${agent}, ${round}`,
    );
    assertEquals(backend.received.length, 5 * agentCount);
  });

  it("get their own echo replies and nobody else's [LR1]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    await lab.connector(relay, { echo: lab.backend() });
    await talk(
      await startAgents(lab, relay),
      5,
      (agent, round) => pingPacket("100.64.0.1 > 10.100.0.1", 1, round, `agent ${agent}`),
      (agent, round) => `10.100.0.1 > 100.64.0.1 pong 1/${round} agent ${agent}`,
    );
  });

  it("look like different clients to the backend [LC2]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    await lab.connector(relay, { echo: backend });
    const agents = await startAgents(lab, relay);
    for (const agent of agents) {
      agent.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, "who am I"));
      await agent.nextPacket();
    }
    const ports = new Set(backend.received.map(({ from }) => from.port));
    assertEquals(ports.size, agentCount);
  });

  it("get their own echo replies from a connector that behaves as the reference's", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    lab.use(
      await ReferenceConnector.start(await lab.denoClient(relay), "echo", lab.backend().address),
    );
    await talk(
      await startAgents(lab, relay),
      5,
      (agent, round) => pingPacket("100.64.0.1 > 10.100.0.1", 1, round, `agent ${agent}`),
      (agent, round) => `10.100.0.1 > 100.64.0.1 pong 1/${round} agent ${agent}`,
    );
  });

  it("get the UDP replies that the reference's connector addresses to their flow", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    // The reference takes any flow (fault LC1, its own): one after the other stands for that.
    let turn = 0;
    const pickFlow = (flows: readonly ReferenceFlow[]): ReferenceFlow | undefined =>
      flows[turn++ % flows.length];
    const connector = lab.use(
      await ReferenceConnector.start(
        await lab.denoClient(relay),
        "echo",
        backend.address,
        pickFlow,
      ),
    );
    backend.answer = () => undefined;
    const agents = await startAgents(lab, relay);
    for (const [index, agent] of agents.entries()) {
      agent.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, `agent ${index}`));
    }
    await waitFor(() => backend.received.length === agentCount, "all requests");
    assertEquals(connector.flows.size, agentCount, "flows that the relay has kept apart");
    for (let reply = 0; reply < 2 * agentCount; reply++) {
      await backend.send(new TextEncoder().encode(`reply ${reply}`), backend.received[0]!.from);
    }
    const from = `127.0.0.1:${backend.address.port}`;
    for (const [index, agent] of agents.entries()) {
      const received = (await agent.nextPackets(2)).sort();
      const expected = connector.replies
        .filter(({ flow }) => flow.firstPayload === `agent ${index}`)
        .map(({ payload }) => `${from} > ${agentSide} ${payload}`);
      assertEquals(received, expected.sort());
    }
    for (const agent of agents) assertEquals(await agent.takePackets(), []);
  });

  it("have different addresses of 100.64.0.0/10 at the connector, valid checksums included", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "echo");
    const agents = await startAgents(lab, relay);
    for (const [index, agent] of agents.entries()) {
      agent.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, `agent ${index}`));
    }
    await waitFor(() => connector.packets.length === agentCount, "the agents' packets");
    const sources = connector.packets.map((packet) => {
      const ip = parseIpv4(packet);
      assert(!isWireError(ip));
      assertEquals(ip.source >>> 22, parseIpv4Address("100.64.0.0")! >>> 22);
      return ip.source;
    });
    assertEquals(new Set(sources).size, agentCount);
    const texts = connector.packets.map(describePacket);
    assertEquals(texts.filter((text) => text.startsWith(`${agentSide} `)).length, 1);
  });

  it("can't escape translation with a malformed packet", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "echo");
    const [one, two] = await startAgents(lab, relay);
    one!.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, "mine"));
    await connector.nextPacket();
    const malformed = udpPacket(`${agentSide} > ${serviceSide}`, "not mine");
    malformed.set([0xff, 0xff], 2); // total length
    two!.sendRouted("echo", malformed);
    await waitFor(() => connector.packets.length > 0, "the malformed packet");
    assertNotEquals(connector.packets[0]!.subarray(12, 16).toHex(), "64400001");
  });

  it("keep their flows while others come and go", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    await lab.connector(relay, { echo: lab.backend() });
    const loyal = await lab.registered(relay, "agent", "echo");
    for (let round = 0; round < 4; round++) {
      const guest = await lab.registered(relay, "agent", "echo");
      for (const [agent, name] of [[guest, "guest"], [loyal, "loyal"]] as const) {
        agent.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, `${name} ${round}`));
      }
      assertEquals(await guest.nextPacket(), `${serviceSide} > ${agentSide} guest ${round}`);
      assertEquals(await loyal.nextPacket(), `${serviceSide} > ${agentSide} loyal ${round}`);
      await guest.close();
      await waitFor(() => relay.status().connections.agents === 1, "the guest's end");
    }
    assertEquals(await loyal.takePackets(), []);
  });

  it("never get a reply to an agent that has left", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "echo");
    const gone = await lab.registered(relay, "agent", "echo");
    gone.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, "and away"));
    await connector.nextPacket();
    await gone.close();
    await waitFor(() => relay.status().connections.agents === 0, "its end");

    const successor = await lab.registered(relay, "agent", "echo");
    connector.send(udpPacket(`${serviceSide} > ${agentSide}`, "too late"));
    await connector.fence();
    assertEquals(await successor.takePackets(), []);
    const { drops } = relay.metrics.counter;
    assertEquals(drops.labels({ reason: "quarantined_reply" }).value, 1);
    successor.sendRouted("echo", udpPacket(`${agentSide} > ${serviceSide}`, "hello"));
    const seen = await connector.nextPacket();
    assert(!seen.startsWith("100.64.0.1:"), seen);
  });
});

describe("one agent with several flows", () => {
  it("gets each reply at the port that asked [LC1]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    await lab.connector(relay, { echo: backend });
    const agent = await lab.registered(relay, "agent", "echo");
    const ports = [5001, 5002, 5003, 5004];
    for (const port of ports) {
      agent.sendRouted("echo", udpPacket(`100.64.0.1:${port} > ${serviceSide}`, `from ${port}`));
    }
    const expected = ports.map((port) => `${serviceSide} > 100.64.0.1:${port} from ${port}`);
    assertEquals((await agent.nextPackets(ports.length)).sort(), expected);
    assertEquals(new Set(backend.received.map(({ from }) => from.port)).size, ports.length);
  });

  it("may use several inner addresses, which stay apart", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    await lab.connector(relay, { echo: lab.backend() });
    const agents = [
      await lab.registered(relay, "agent", "echo"),
      await lab.registered(relay, "agent", "echo"),
    ];
    const sides = ["100.64.0.1:1", "100.64.0.2:1", "192.168.1.9:1"];
    for (const [index, agent] of agents.entries()) {
      for (const side of sides) {
        agent.sendRouted("echo", udpPacket(`${side} > ${serviceSide}`, `${index}`));
      }
    }
    for (const [index, agent] of agents.entries()) {
      const expected = sides.map((side) => `${serviceSide} > ${side} ${index}`);
      assertEquals((await agent.nextPackets(sides.length)).sort(), expected);
    }
  });
});
