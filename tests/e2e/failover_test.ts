import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Relay } from "../../relay/relay.ts";
import { formatSocketAddress } from "../../tunnel/quic/address.ts";
import { encodeRegistration } from "../../tunnel/wire/datagram_message.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { NativeClient } from "../support/native_client.ts";
import { Program } from "../support/program.ts";
import type { QuicheClient } from "../support/quiche_client.ts";
import type { TunnelClient } from "../support/tunnel_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

/** Sends one packet on each of the flows from `first` to `last`: inner source ports. */
function sendFlows(agent: TunnelClient, first: number, last: number): void {
  for (let port = first; port <= last; port++) {
    agent.sendRouted("web", udpPacket(`10.0.0.1:${port} > 10.100.0.1:80`, "x"));
  }
}

/** The inner source ports of all packets that a connector got, sorted. */
async function takePorts(connector: TunnelClient): Promise<number[]> {
  const packets = await connector.takePackets();
  return packets.map((text) => Number(/^10\.0\.0\.1:(\d+) /.exec(text)![1])).sort((a, b) => a - b);
}

async function startConnectors(
  lab: TunnelLab,
  relay: Relay,
  names: readonly string[],
): Promise<QuicheClient[]> {
  const connectors = [];
  for (const name of names) {
    const identity = await lab.identity("connector", ["web"], name);
    connectors.push(await lab.registered(relay, "connector", "web", identity));
  }
  return connectors;
}

async function startAgent(lab: TunnelLab, relay: Relay): Promise<QuicheClient> {
  return await lab.registered(relay, "agent", "web", await lab.identity("agent", ["web"]));
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("certified connectors of one service", () => {
  it("share its flows evenly, and each flow stays where it is [LR2]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const [one, two] = await startConnectors(lab, relay, ["one", "two"]);
    const agent = await startAgent(lab, relay);
    sendFlows(agent, 1, 20);
    await agent.fence();
    const [atOne, atTwo] = [await takePorts(one!), await takePorts(two!)];
    assertEquals([atOne.length, atTwo.length], [10, 10]);
    for (let time = 0; time < 3; time++) sendFlows(agent, 1, 20);
    await agent.fence();
    const threeTimes = (ports: number[]): number[] => ports.flatMap((port) => [port, port, port]);
    assertEquals([await takePorts(one!), await takePorts(two!)], [
      threeTimes(atOne),
      threeTimes(atTwo),
    ]);
    assertEquals(relay.metrics.counter.flowFailovers.value, 0);
  });

  it("keep their flows when another one joins, which gets the new ones", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const [one] = await startConnectors(lab, relay, ["one"]);
    const agent = await startAgent(lab, relay);
    sendFlows(agent, 1, 5);
    await agent.fence();
    const [two] = await startConnectors(lab, relay, ["two"]);
    sendFlows(agent, 1, 10);
    await agent.fence();
    assertEquals(await takePorts(one!), range(1, 5).flatMap((port) => [port, port]));
    assertEquals(await takePorts(two!), range(6, 10));
  });

  it("take over the flows of one that closes, at once, and the agent need not do anything", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const [one, two, three] = await startConnectors(lab, relay, ["one", "two", "three"]);
    const agent = await startAgent(lab, relay);
    sendFlows(agent, 1, 12);
    await agent.fence();
    const moved = await takePorts(one!);
    assertEquals(moved.length, 4);
    const stayed = [await takePorts(two!), await takePorts(three!)];
    await one!.close();
    await waitFor(() => relay.status().connections.connectors === 2, "the end of the first");
    sendFlows(agent, 1, 12);
    await agent.fence();
    const [atTwo, atThree] = [await takePorts(two!), await takePorts(three!)];
    assertEquals(atTwo.filter((port) => !moved.includes(port)), stayed[0]);
    assertEquals(atThree.filter((port) => !moved.includes(port)), stayed[1]);
    assertEquals([...atTwo, ...atThree].sort((a, b) => a - b), range(1, 12));
    assertEquals([atTwo.length, atThree.length], [6, 6]);
    assertEquals(relay.metrics.counter.flowFailovers.value, 4);
  });

  it("take over the flows of one that fell silent, when its connection times out", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const { certificateFile, keyFile } = await lab.identity("connector", ["web"], "silent");
    const silent = lab.use(
      new NativeClient(relay.address, {
        idleTimeoutMs: 1000,
        configure: (config) => {
          config.loadCertChainFromPemFile(certificateFile);
          config.loadPrivKeyFromPemFile(keyFile);
        },
      }),
    );
    await waitFor(() => silent.native.isEstablished(), "the handshake");
    silent.sendDatagram(encodeRegistration("connector", "web") as Uint8Array);
    await waitFor(() => relay.status().connections.connectors === 1, "its registration");
    const agent = await startAgent(lab, relay);
    sendFlows(agent, 1, 1);
    await waitFor(() => silent.datagrams.some((message) => message[0] === 0x45), "its flow");
    const [other] = await startConnectors(lab, relay, ["other"]);
    // As a process that was killed: it says and acknowledges nothing any more.
    silent.isReading = false;
    sendFlows(agent, 1, 1);
    assertEquals(await takePorts(other!), []);
    await waitFor(() => relay.status().connections.connectors === 1, "the idle timeout");
    sendFlows(agent, 1, 1);
    await agent.fence();
    assertEquals(await takePorts(other!), [1]);
    const { closedConnections } = relay.metrics.counter;
    assertEquals(closedConnections.labels({ by: "idle_timeout" }).value, 1);
  });

  it("are replaced at once by a new connection with the same name, flows included", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const [old, other] = await startConnectors(lab, relay, ["same", "other"]);
    const agent = await startAgent(lab, relay);
    sendFlows(agent, 1, 10);
    await agent.fence();
    const [atOld, atOther] = [await takePorts(old!), await takePorts(other!)];
    // The old connection is still open: a process that came back before anybody missed it.
    const [current] = await startConnectors(lab, relay, ["same"]);
    sendFlows(agent, 1, 10);
    await agent.fence();
    assertEquals(await takePorts(old!), []);
    assertEquals(await takePorts(other!), atOther);
    assertEquals(await takePorts(current!), atOld);
    assertEquals(relay.metrics.counter.connectorTakeovers.value, 1);
    const identities = relay.status().services["web"]!.connectors.map(({ identity }) => identity);
    assertEquals(identities.sort(), ["other", "same"]);
  });

  it("are replaced at once when their process was killed and started again", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const { certificateFile, keyFile } = await lab.identity("connector", ["web"], "same");
    const args = [
      ...["--server", formatSocketAddress(relay.address), "--service", "web"],
      ...["--forward", `127.0.0.1:${lab.backend().address.port}`],
      ...["--ca-cert", lab.certificates.caFile, "--metrics-port", "0"],
      ...["--client-cert", certificateFile, "--client-key", keyFile],
    ];
    const agent = await startAgent(lab, relay);
    await using killed = new Program("connector", args);
    await killed.logged("registered");
    sendFlows(agent, 1, 1);
    assertEquals(await agent.nextPacket(), "10.100.0.1:80 > 10.0.0.1:1 x");
    killed.signal("SIGKILL");
    await killed.ended();
    await using restarted = new Program("connector", args);
    await restarted.logged("registered");
    sendFlows(agent, 1, 1);
    assertEquals(await agent.nextPacket(), "10.100.0.1:80 > 10.0.0.1:1 x");
    assertEquals(relay.metrics.counter.connectorTakeovers.value, 1);
    assertEquals(relay.metrics.counter.flowFailovers.value, 1);
    assertEquals(relay.status().services["web"]!.connectors.length, 1);
  });

  it("get replies of agents that talk to different ones to the right agent", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const connectors = await startConnectors(lab, relay, ["one", "two"]);
    const agents = [await startAgent(lab, relay), await startAgent(lab, relay)];
    for (const agent of agents) sendFlows(agent, 1, 1);
    for (const [index, connector] of connectors.entries()) {
      // The same inner address is free at each of them: both keep it.
      assertEquals(await connector.nextPacket(), "10.0.0.1:1 > 10.100.0.1:80 x");
      connector.send(udpPacket("10.100.0.1:80 > 10.0.0.1:1", `from ${index}`));
    }
    const received = [await agents[0]!.nextPacket(), await agents[1]!.nextPacket()];
    assertEquals(received.sort(), [
      "10.100.0.1:80 > 10.0.0.1:1 from 0",
      "10.100.0.1:80 > 10.0.0.1:1 from 1",
    ]);
    for (const agent of agents) assertEquals(await agent.takePackets(), []);
  });
});

describe("connectors without a certificate", () => {
  it("have a service one at a time: the newest, and the one before it when that leaves [LR2]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const old = await lab.registered(relay, "connector", "web");
    const agent = await lab.registered(relay, "agent", "web");
    const current = await lab.registered(relay, "connector", "web");
    sendFlows(agent, 1, 3);
    await agent.fence();
    assertEquals([await takePorts(old), await takePorts(current)], [[], [1, 2, 3]]);
    await current.close();
    await waitFor(() => relay.status().connections.connectors === 1, "the end of the newest");
    sendFlows(agent, 1, 3);
    await agent.fence();
    assertEquals(await takePorts(old), [1, 2, 3]);
  });

  it("serve only while no certified one is there", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const anonymous = await lab.registered(relay, "connector", "web");
    const agent = await lab.registered(relay, "agent", "web");
    sendFlows(agent, 1, 2);
    await agent.fence();
    assertEquals(await takePorts(anonymous), [1, 2]);
    const [certified] = await startConnectors(lab, relay, ["certified"]);
    sendFlows(agent, 1, 4);
    await agent.fence();
    assertEquals([await takePorts(anonymous), await takePorts(certified!)], [[], [1, 2, 3, 4]]);
    // Not even a newer one takes the service from it.
    const another = await lab.registered(relay, "connector", "web");
    sendFlows(agent, 1, 4);
    await agent.fence();
    assertEquals([await takePorts(another), await takePorts(certified!)], [[], [1, 2, 3, 4]]);
    await certified!.close();
    await waitFor(() => relay.status().connections.connectors === 2, "the certified one's end");
    sendFlows(agent, 1, 4);
    await agent.fence();
    assertEquals([await takePorts(anonymous), await takePorts(another)], [[], [1, 2, 3, 4]]);
  });
});
