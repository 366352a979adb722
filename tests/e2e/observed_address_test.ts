import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { udpPacket } from "../support/inner_packets.ts";
import { hasIpv6 } from "../support/ipv6.ts";
import { startScriptedRelay } from "../support/scripted_relay.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";
import { waitFor } from "../support/wait.ts";

describe("the observed address", () => {
  it("is told once, soon after the handshake, and is the client's own", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const client = await lab.client(relay);
    const other = await lab.denoClient(relay);
    await waitFor(() => client.observed.length > 0 && other.observed.length > 0, "both addresses");
    await client.fence();
    await other.fence();
    const { hostname, port } = client.endpoint.address;
    assertEquals([client.observed, other.observed], [[{ hostname, port }], [other.address]]);
    assertEquals(relay.metrics.counter.observedAddresses.value, 2);
  });

  it("is told again when it changes; the connection and its registrations stay", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    const link = lab.link(relay);
    const agent = await lab.registered(link, "agent", "a");
    await waitFor(() => agent.observed.length === 1, "the first address");
    assertEquals(agent.observed[0], link.serverSide);
    for (let move = 2; move <= 5; move++) {
      const moved = link.rebind();
      agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", `move ${move}`));
      assertEquals(await connector.nextPacket(), `10.0.0.1:1 > 10.100.0.1:2 move ${move}`);
      connector.send(udpPacket("10.100.0.1:2 > 10.0.0.1:1", `move ${move}`));
      assertEquals(await agent.nextPacket(), `10.100.0.1:2 > 10.0.0.1:1 move ${move}`);
      await waitFor(() => agent.observed.length === move, "the new address");
      assertEquals(agent.observed.at(-1), moved);
    }
    assertEquals(relay.metrics.counter.handshakes.labels({ result: "completed" }).value, 2);
    assertEquals(relay.metrics.counter.addressChanges.value, 4);
  });

  it("is not told to clients over IPv6, which are served all the same [LR29]", {
    skip: !hasIpv6(),
  }, async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ bindAddresses: ["::1"] });
    const connector = await lab.registered(relay, "connector", "a");
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", "over IPv6"));
    assertEquals(await connector.nextPacket(), "10.0.0.1:1 > 10.100.0.1:2 over IPv6");
    assertEquals([agent.observed, connector.observed], [[], []]);
    assertEquals(relay.metrics.counter.observedAddresses.value, 0);
  });

  it("is the same from whichever of the relay's addresses [LR30]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ bindAddresses: ["127.0.0.1", "127.0.0.2"] });
    const [one, two] = relay.addresses.map((address) => ({ address }));
    const connector = await lab.registered(one!, "connector", "a");
    const agent = await lab.registered(two!, "agent", "a");
    agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", "across"));
    assertEquals(await connector.nextPacket(), "10.0.0.1:1 > 10.100.0.1:2 across");
    for (const client of [connector, agent]) {
      await waitFor(() => client.observed.length === 1, "the address");
      const { hostname, port } = client.endpoint.address;
      assertEquals(client.observed, [{ hostname, port }]);
    }
  });

  it("is right for both families on one socket [LR30]", { skip: !hasIpv6() }, async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ bindAddresses: ["::"] });
    const { port } = relay.address;
    const four = await lab.registered(
      { address: { hostname: "127.0.0.1", port } },
      "connector",
      "a",
    );
    const six = await lab.registered({ address: { hostname: "::1", port } }, "agent", "a");
    six.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", "from six"));
    assertEquals(await four.nextPacket(), "10.0.0.1:1 > 10.100.0.1:2 from six");
    await waitFor(() => four.observed.length > 0, "the address");
    assertEquals(four.observed, [{
      hostname: "127.0.0.1",
      port: four.endpoint.address.port,
    }]);
    assertEquals(six.observed, []);
  });

  it("does not change what the relay announces as its own behind 1:1 NAT", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ externalAddress: "203.0.113.9" });
    const client = await lab.registered(relay, "agent", "a");
    await waitFor(() => client.observed.length > 0, "the address");
    assertEquals(client.observed[0]!.hostname, "127.0.0.1");
    assertNotEquals(client.observed[0]!.port, relay.address.port);
  });
});

describe("a connector that is told its observed address", () => {
  it("takes it (D01, D02, D03), and none that is cut off (D04)", async () => {
    await using lab = await TunnelLab.create();
    const relay = startScriptedRelay(lab, (connection, message) => {
      if (message[0] !== 0x11) return;
      connection.sendDatagram(Uint8Array.fromHex("12000161"));
      for (const id of ["D01", "D02", "D03", "D04"]) connection.sendDatagram(vector(id).bytes);
    });
    const connector = await lab.connector(relay, { a: lab.backend() });
    const { observedAddressChanges, drops } = connector.metrics.counter;
    const dropped = drops.labels({ service: "a", reason: "bad_control" });
    await waitFor(() => dropped.value === 1, "the one that is cut off");
    assertEquals(observedAddressChanges.labels({ service: "a" }).value, 3);
    assertEquals(connector.status().services[0]!.observedAddress, "192.168.1.100:12345");
  });
});
