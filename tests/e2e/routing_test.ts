import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Relay } from "../../relay/relay.ts";
import { describePacket, udpPacket } from "../support/inner_packets.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";

const packet = udpPacket("10.0.0.1:1 > 10.100.0.1:2", "hello");
const text = describePacket(packet);

function drops(relay: Relay, reason: string): number | undefined {
  return relay.metrics.counter.drops.labels({ reason }).value;
}

describe("a routed packet", () => {
  it("D15: reaches the connector without its wrapper, and is counted", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "echo-service");
    const agent = await lab.registered(relay, "agent", "echo-service");
    agent.sendHex(vector("D15").hex);
    await connector.nextPacket();
    const { datagramsRelayed, relayBytes } = relay.metrics.counter;
    assertEquals([datagramsRelayed.value, relayBytes.value], [1, 33]);
    agent.sendHex(vector("D15").hex);
    await agent.fence();
    await connector.fence();
    assertEquals(connector.packets.map((each) => each.toHex()), [vector("I01").hex]);
  });

  it("D16: of a sender that is not registered for the service is dropped", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "echo-service");
    for (const sender of ["stranger", "agent of another service", "connector"]) {
      const client = await lab.client(relay);
      if (sender.startsWith("agent")) await client.register("agent", "other");
      if (sender === "connector") await client.register("connector", "other");
      client.sendHex(vector("D16").hex);
      await client.fence();
    }
    assertEquals(await connector.takePackets(), []);
    assertEquals(drops(relay, "not_registered"), 3);
    assertEquals(relay.metrics.counter.datagramsRelayed.value, 0);
  });

  it("of a connector of the same service is dropped as well", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "echo-service");
    connector.sendHex(vector("D15").hex);
    assertEquals(await connector.takePackets(), []);
    assertEquals(drops(relay, "not_registered"), 1);
  });

  it("D17, D18: that ends before its service ID does is dropped", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", ["", "abcde"]);
    const agent = await lab.registered(relay, "agent", ["", "abcde"]);
    for (const id of ["D17", "D18"]) agent.sendHex(vector(id).hex);
    await agent.fence();
    assertEquals(await connector.takePackets(), []);
    assertEquals(drops(relay, "malformed_routed"), 2);
  });

  it("D19, D20: may be empty or no IP packet at all", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", ["svc", "x"]);
    const agent = await lab.registered(relay, "agent", ["svc", "x"]);
    agent.sendHex(vector("D19").hex);
    agent.sendHex(vector("D20").hex);
    assertEquals(await connector.nextPackets(2), ["", "ff"]);
  });

  it("with a service ID that is not UTF-8 is dropped without a NACK", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const agent = await lab.registered(relay, "agent", "svc");
    agent.sendHex("2f02c32845");
    await agent.fence();
    assertEquals(agent.answers.length, 2); // the registration's and the fence's
    assertEquals(drops(relay, "not_registered"), 1);
  });

  it("for a service without a connector is dropped and counted [LR6]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendRouted("a", packet);
    assertEquals(await agent.takePackets(), []);
    assertEquals(drops(relay, "no_connector"), 1);
  });

  it("fits up to the longest DATAGRAM each way, and one byte more does not", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const agent = await lab.registered(relay, "agent", "a");
    assertEquals([agent.connection.maxDatagramLength, connector.connection.maxDatagramLength], [
      1306,
      1306,
    ]);
    const longest = udpPacket("10.0.0.1:1 > 10.100.0.1:2", new Uint8Array(1306 - 28));
    assertEquals(agent.send(longest), "queued");
    assertEquals(agent.send(new Uint8Array(1307)), "too_long");
    assertEquals((await connector.nextPacket()).length, describePacket(longest).length);
    const back = udpPacket("10.100.0.1:2 > 10.0.0.1:1", new Uint8Array(1306 - 28));
    assertEquals(connector.send(back), "queued");
    await agent.nextPacket();
  });
});

describe("a raw packet", () => {
  it("goes to the agent's service, and the reply comes back", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const agent = await lab.registered(relay, "agent", "a");
    agent.send(packet);
    assertEquals(await connector.nextPacket(), text);
    connector.send(udpPacket("10.100.0.1:2 > 10.0.0.1:1", "there"));
    assertEquals(await agent.nextPacket(), "10.100.0.1:2 > 10.0.0.1:1 there");
  });

  it("of an agent with several services goes to the first that has a connector [LR4]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const agent = await lab.registered(relay, "agent", ["none", "first", "second"]);
    const second = await lab.registered(relay, "connector", "second");
    agent.send(packet);
    assertEquals(await second.nextPacket(), text);
    const first = await lab.registered(relay, "connector", "first");
    for (let time = 0; time < 3; time++) agent.send(packet);
    assertEquals(await first.nextPackets(3), [text, text, text]);
    assertEquals(await second.takePackets(), []);
  });

  it("D21, type byte ff: is dropped for a stranger and relayed for an agent", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const stranger = await lab.client(relay);
    const { hex } = vector("D21");
    stranger.sendHex(hex);
    await stranger.fence();
    assertEquals(drops(relay, "unregistered_sender"), 1);
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendHex(hex);
    assertEquals(await connector.nextPackets(1), [hex]);
  });

  it("that is not IPv4 comes back only when there is one agent that it can be for", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const one = await lab.registered(relay, "agent", "a");
    connector.sendHex("60ff");
    assertEquals(await one.nextPacket(), "60ff");
    const two = await lab.registered(relay, "agent", "a");
    connector.sendHex("60fe");
    await connector.fence();
    assertEquals([await one.takePackets(), await two.takePackets()], [[], []]);
    assertEquals(drops(relay, "unattributed_reply"), 1);
  });

  it("of a client in both roles counts as an agent's", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const both = await lab.registered(relay, "connector", "b");
    assertEquals(await both.register("agent", "a"), "ack");
    both.send(packet);
    assertEquals(await connector.nextPacket(), text);
  });

  it("never reaches a client that would take it for the relay's own word", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const agent = await lab.registered(relay, "agent", "a");
    const [connectorAnswers, agentAnswers] = [connector.answers.length, agent.answers.length];
    for (const forged of ["12000161", "13020161"]) {
      agent.sendHex(forged);
      connector.sendHex(forged);
      agent.sendRouted("a", Uint8Array.fromHex(forged));
    }
    agent.sendRouted("a", vector("D01").bytes);
    agent.send(vector("D01").bytes);
    connector.send(vector("D01").bytes);
    await agent.fence();
    await connector.fence();
    await agent.fence();
    assertEquals(connector.answers.length, connectorAnswers + 1);
    assertEquals(agent.answers.length, agentAnswers + 2);
    assertEquals([agent.observed.length, connector.observed.length], [1, 1]);
    assertEquals([agent.packets, connector.packets], [[], []]);
    assertEquals([drops(relay, "forged_message"), drops(relay, "observed_address")], [7, 2]);
  });
});
