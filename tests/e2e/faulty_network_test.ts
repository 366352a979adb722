import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { LinkFaults } from "../support/udp_link.ts";
import { udpPacket } from "../support/inner_packets.ts";
import type { TunnelClient } from "../support/tunnel_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

/** Mild enough for handshakes to take a second or two, not ten. */
const badNetwork: LinkFaults = {
  lossRate: 0.05,
  duplicateRate: 0.2,
  reorderRate: 0.2,
  reorderMs: 8,
};
const terribleNetwork: LinkFaults = { ...badNetwork, lossRate: 0.2 };

const route = "10.0.0.1:1 > 10.100.0.1:2";
const routeBack = "10.100.0.1:2 > 10.0.0.1:1";

function payloads(agent: TunnelClient): string[] {
  return agent.packets.map((packet) => new TextDecoder().decode(packet.subarray(28)));
}

/** Does something every 20 ms until `condition` holds: what agents do, as DATAGRAMs get lost. */
async function repeatUntil(
  condition: () => boolean,
  what: string,
  action: () => void,
): Promise<void> {
  action();
  const timer = setInterval(action, 20);
  try {
    await waitFor(condition, what);
  } finally {
    clearInterval(timer);
  }
}

describe("a network that loses, repeats and reorders packets", () => {
  for (const seed of [1, 2]) {
    it(`keeps nobody from connecting, registering and talking (seed ${seed})`, async () => {
      await using lab = await TunnelLab.create();
      const relay = await lab.openRelay();
      const connectorLink = lab.link(relay, badNetwork, seed);
      const agentLink = lab.link(relay, badNetwork, seed + 100);
      await lab.connector(connectorLink, { a: lab.backend() }, {
        limits: { registrationTimeoutMs: 50 },
      });
      const agent = await lab.client(agentLink);
      await repeatUntil(
        () => agent.answers.includes("12000161"),
        "the ACK",
        () => agent.sendHex("100161"),
      );
      await repeatUntil(
        () => agent.packets.length > 0,
        "a reply",
        () => agent.sendRouted("a", udpPacket(route, "through the storm")),
      );
      assertEquals(await agent.nextPacket(), `${routeBack} through the storm`);
      const faults = [connectorLink, agentLink].map(({ counts }) =>
        counts.lost + counts.duplicated + counts.reordered
      );
      assert(faults[0]! + faults[1]! > 0, "the links had no faults");
    });
  }

  it("never doubles or changes what it does deliver", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    await lab.connector(relay, { a: lab.backend() });
    const link = lab.link(relay);
    const agent = await lab.registered(link, "agent", "a");
    link.faults = terribleNetwork;
    // So long that each needs a UDP packet of its own.
    const texts = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(900)}`);
    for (const text of texts) {
      const before = link.counts.arrived;
      agent.sendRouted("a", udpPacket(route, text));
      await waitFor(() => link.counts.arrived > before, "the packet at the link");
    }
    link.faults = {};
    await repeatUntil(
      () => payloads(agent).includes("last"),
      "the last reply",
      () => agent.sendRouted("a", udpPacket(route, "last")),
    );
    const got = payloads(agent).filter((text) => text !== "last");
    assertEquals(got.length, new Set(got).size, "no reply comes twice");
    assertEquals(got.filter((text) => !texts.includes(text)), []);
    assert(link.counts.lost > 0 && link.counts.duplicated > 0);
    assert(got.length > 0 && got.length < texts.length, `${got.length} replies`);
  });
});

describe("a client whose address changes", () => {
  it("keeps its connection and flow as an agent, and learns its new address", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    await lab.connector(relay, { a: backend });
    const link = lab.link(relay);
    const agent = await lab.registered(link, "agent", "a");
    for (let move = 0; move < 4; move++) {
      agent.sendRouted("a", udpPacket(route, `move ${move}`));
      assertEquals(await agent.nextPacket(), `${routeBack} move ${move}`);
      await waitFor(() => agent.observed.length === move + 1, "the address");
      assertEquals(agent.observed.at(-1), link.serverSide);
      link.rebind();
    }
    assertEquals(new Set(backend.received.map(({ from }) => from.port)).size, 1);
    assertEquals(relay.metrics.counter.handshakes.labels({ result: "completed" }).value, 2);
  });

  it("keeps its registration and flows as a connector, and learns its new address", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    const link = lab.link(relay);
    const connector = await lab.connector(link, { a: backend });
    const agent = await lab.registered(relay, "agent", "a");
    const observed = (): string | null => connector.status().services[0]!.observedAddress;
    const { observedAddressChanges } = connector.metrics.counter;
    for (let move = 0; move < 4; move++) {
      agent.sendRouted("a", udpPacket(route, `move ${move}`));
      assertEquals(await agent.nextPacket(), `${routeBack} move ${move}`);
      await waitFor(() => observed() === `127.0.0.1:${link.serverSide.port}`, "the address");
      assertEquals(observedAddressChanges.labels({ service: "a" }).value, move + 1);
      link.rebind();
      // The relay follows the connector's next packet, here the ACK of a packet it was sent.
      agent.sendRouted("a", udpPacket("10.0.0.1:9 > 10.100.0.1:9", "nudge"));
      await agent.nextPacket();
    }
    assertEquals(connector.metrics.counter.reconnections.value, 0);
    assertEquals(new Set(backend.received.map(({ from }) => from.port)).size, 2);
  });

  it("may come back to an address that it had before", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    await lab.connector(relay, { a: lab.backend() });
    const link = lab.link(relay);
    const agent = await lab.registered(link, "agent", "a");
    link.rebind();
    for (const index of [1, 0, 1, 0]) {
      const address = link.rebindTo(index);
      agent.sendRouted("a", udpPacket(route, `at ${index}`));
      assertEquals(await agent.nextPacket(), `${routeBack} at ${index}`);
      await waitFor(() => agent.observed.at(-1)?.port === address.port, "the address");
    }
  });
});
