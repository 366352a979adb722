import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { maxServicesPerConnection } from "../../relay/limits.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";
import { waitFor } from "../support/wait.ts";

const packet = udpPacket("10.0.0.1:1 > 10.100.0.1:2", "hello");
const text = "10.0.0.1:1 > 10.100.0.1:2 hello";

describe("registration", () => {
  for (const id of ["D06", "D07", "D10", "D11", "D13", "D14"]) {
    const { title, hex, answer } = vector(id);
    it(`${id}, ${title}: is answered byte for byte`, async () => {
      await using lab = await TunnelLab.create();
      const client = await lab.client(await lab.openRelay());
      client.sendHex(hex);
      await waitFor(() => client.answers.length > 0, "the answer");
      assertEquals(client.answers, [answer!]);
    });
  }

  for (const id of ["D08", "D09"]) {
    const { title, hex } = vector(id);
    it(`${id}, ${title}: is counted and dropped, and the connection stays open [LR7]`, async () => {
      await using lab = await TunnelLab.create();
      const relay = await lab.openRelay();
      const client = await lab.client(relay);
      client.sendHex(hex);
      assertEquals(await client.register("agent", "echo"), "ack");
      assertEquals(client.answers.length, 1);
      const { drops } = relay.metrics.counter;
      assertEquals(drops.labels({ reason: "malformed_registration" }).value, 1);
    });
  }

  it("is acknowledged each time, counted each time, and done once [LR9]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const agent = await lab.client(relay);
    for (let time = 0; time < 3; time++) assertEquals(await agent.register("agent", "a"), "ack");
    const connector = await lab.client(relay);
    for (let time = 0; time < 3; time++) {
      assertEquals(await connector.register("connector", "a"), "ack");
    }
    assertEquals(relay.metrics.counter.registrations.value, 6);
    const { services, connections } = relay.status();
    assertEquals([connections.agents, connections.connectors], [1, 1]);
    assertEquals([services["a"]!.agents, services["a"]!.connectors.length], [1, 1]);
    agent.sendRouted("a", packet);
    assertEquals([await connector.nextPacket(), await connector.takePackets()], [text, []]);
  });

  it("may come after other messages, and more may follow", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const agent = await lab.client(relay);
    agent.sendRouted("a", packet);
    assertEquals(await agent.register("agent", "b"), "ack");
    agent.sendRouted("a", packet);
    assertEquals(await agent.register("agent", "a"), "ack");
    agent.sendRouted("a", packet);
    await agent.fence();
    assertEquals(await connector.takePackets(), [text]);
  });

  it("keeps several services of one agent and of one connector apart [LR3]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const services = ["a", "b", "c"];
    const both = await lab.registered(relay, "connector", services);
    const agent = await lab.registered(relay, "agent", services);
    for (const service of services) {
      agent.sendRouted(service, udpPacket("10.0.0.1:1 > 10.100.0.1:2", service));
    }
    const expected = services.map((service) => `10.0.0.1:1 > 10.100.0.1:2 ${service}`);
    assertEquals(await both.nextPackets(3), expected);
    await both.close();
    // The reference's first services would still point at the connection that has gone.
    await waitFor(() => relay.status().connections.connectors === 0, "the connector's end");
    const { a, b, c } = relay.status().services;
    assertEquals([a, b, c].map((service) => service!.connectors), [[], [], []]);
    for (const service of services) agent.sendRouted(service, packet);
    await agent.fence();
    const { drops } = relay.metrics.counter;
    assertEquals(drops.labels({ reason: "no_connector" }).value, services.length);
  });

  it("tells service IDs apart by case and by every byte", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const ids = ["web", "Web", "web ", "wéb", ""];
    const agent = await lab.registered(relay, "agent", ids);
    const connectors = [];
    for (const id of ids) connectors.push(await lab.registered(relay, "connector", id));
    for (const id of ids) agent.sendRouted(id, udpPacket("10.0.0.1:1 > 10.100.0.1:2", `<${id}>`));
    for (const [index, id] of ids.entries()) {
      assertEquals(await connectors[index]!.nextPacket(), `10.0.0.1:1 > 10.100.0.1:2 <${id}>`);
      assertEquals(await connectors[index]!.takePackets(), []);
    }
  });

  it("ends with its connection: nothing else has to be told [LR5]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const agent = await lab.registered(relay, "agent", "a");
    const connector = await lab.registered(relay, "connector", "a");
    assertEquals(relay.status().services["a"]!.connectors.length, 1);
    await connector.close();
    await waitFor(() => relay.status().services["a"]!.connectors.length === 0, "its end");
    await agent.close();
    await waitFor(() => relay.status().services["a"] === undefined, "the agent's end");
  });

  it("is refused beyond the services that one connection may have [LR26]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const greedy = await lab.client(relay);
    for (let index = 0; index < maxServicesPerConnection; index++) {
      assertEquals(await greedy.register("agent", `service-${index}`), "ack");
    }
    assertEquals(await greedy.register("agent", "one-more"), "nack 2");
    assertEquals(await greedy.register("agent", "service-0"), "ack");
    assertEquals(relay.metrics.gauge.services.value, maxServicesPerConnection);
    const limit = { limit: "services_per_connection" };
    assertEquals(relay.metrics.counter.limitsReached.labels(limit).value, 1);
    assertEquals(await (await lab.client(relay)).register("agent", "one-more"), "ack");
  });
});
