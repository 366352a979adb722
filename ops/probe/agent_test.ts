import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import { parseIpv4 } from "../../tunnel/wire/ipv4.ts";
import { parseUdp } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { type AgentEvent, SyntheticAgent, type SyntheticAgentOptions } from "./agent.ts";
import {
  ConnectionRefusedError,
  RegistrationError,
  RelayUnreachableError,
} from "./agent_errors.ts";
import { RelayStandIn, TestCertificates } from "./relay_stand_in.ts";
import { UdpWire } from "./udp_wire.ts";

/** Waits until `condition` holds, at most 10 s. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert(performance.now() < deadline, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The text in a UDP packet. */
function payloadOf(packet: Uint8Array): string {
  const ip = parseIpv4(packet);
  assert(!isWireError(ip));
  const udp = parseUdp(packet, ip);
  assert(!isWireError(udp));
  return new TextDecoder().decode(packet.subarray(udp.payloadStart, udp.payloadEnd));
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const destination = { address: "10.100.0.1", port: 7 };

describe("SyntheticAgent", () => {
  let certificates: TestCertificates;
  before(async () => {
    certificates = await TestCertificates.create();
  });
  after(() => certificates[Symbol.dispose]());

  function relayStandIn(
    behaviour: ConstructorParameters<typeof RelayStandIn>[1] = {},
  ): RelayStandIn {
    return new RelayStandIn(certificates.serverTls, behaviour);
  }

  function options(
    relay: RelayStandIn,
    more: Partial<SyntheticAgentOptions> = {},
  ): SyntheticAgentOptions {
    return {
      relay: relay.address,
      serverName: "ztna-server",
      tls: certificates.clientTls,
      services: ["web"],
      ...more,
    };
  }

  it("registers, and exchanges routed and raw packets", async () => {
    await using relay = relayStandIn();
    const texts: string[] = [];
    await using agent = await SyntheticAgent.connect(
      options(relay, { onPacket: (packet) => texts.push(payloadOf(packet)) }),
    );
    assertEquals([agent.isConnected, agent.isReady, agent.connections], [true, true, 1]);
    assert(agent.maxDatagramLength > 1200);
    agent.sendUdp({ serviceId: "web", destination, payload: bytes("routed") });
    agent.sendUdp({ destination, payload: bytes("raw") });
    await until(() => texts.length === 2, "both replies are there");
    assertEquals(texts.toSorted(), ["raw", "routed"]);
  });

  it("learns its address from the relay", async () => {
    await using relay = relayStandIn();
    await using agent = await SyntheticAgent.connect(options(relay));
    await until(() => agent.observedAddress !== undefined, "the observed address is there");
    assertEquals(agent.observedAddress?.hostname, "127.0.0.1");
  });

  it("sends from the inner address that it was given", async () => {
    await using relay = relayStandIn();
    const destinations: number[] = [];
    const onPacket = (packet: Uint8Array): void => {
      const ip = parseIpv4(packet);
      if (!isWireError(ip)) destinations.push(ip.destination);
    };
    await using agent = await SyntheticAgent.connect(
      options(relay, { innerAddress: "10.1.2.3", onPacket }),
    );
    agent.sendUdp({ serviceId: "web", destination, payload: bytes("x") });
    await until(() => destinations.length === 1, "the reply is there");
    assertEquals(destinations, [0x0a01_0203]);
  });

  it("registers for several services, also later", async () => {
    await using relay = relayStandIn({ services: ["web", "ssh", "db"] });
    await using agent = await SyntheticAgent.connect(options(relay, { services: ["web", "ssh"] }));
    await agent.register("db");
    await agent.register("db");
    assert(agent.isReady);
  });

  it("repeats a registration that is not answered", async () => {
    await using relay = relayStandIn({ ignoredRegistrations: 1 });
    const started = performance.now();
    await using agent = await SyntheticAgent.connect(options(relay));
    assert(agent.isReady);
    const waitedMs = performance.now() - started;
    assert(waitedMs > 1900 && waitedMs < 6000, `waited ${waitedMs} ms`);
  });

  it("says what a NACK means and what to do", async () => {
    await using relay = relayStandIn();
    const error = await assertRejects(
      () => SyntheticAgent.connect(options(relay, { services: ["db"] })),
      RegistrationError,
    );
    assertMatch(error.message, /"db".*does not authorise us.*"agent\.db\.ztna"/);
    assertEquals(error.exitCode, 1);
  });

  it("keeps the connection when a later registration is denied", async () => {
    await using relay = relayStandIn();
    await using agent = await SyntheticAgent.connect(options(relay));
    await assertRejects(() => agent.register("db"), RegistrationError);
    await until(() => agent.isReady, "the agent is ready again");
    assertEquals(agent.connections, 1);
  });

  it("refuses a service ID that has no wire form", async () => {
    await using relay = relayStandIn();
    await assertRejects(
      () => SyntheticAgent.connect(options(relay, { services: ["x".repeat(256)] })),
      ConfigError,
      "at most 255 bytes",
    );
  });

  it("says that a relay does not answer, with exit code 4", async () => {
    const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    try {
      const { port } = silent.addr as Deno.NetAddr;
      const relay = { hostname: "127.0.0.1", port };
      const tls = certificates.clientTls;
      const error = await assertRejects(
        () => SyntheticAgent.connect({ relay, tls, connectTimeoutMs: 200 }),
        RelayUnreachableError,
        "waited 0.2 s; check the address",
      );
      assertEquals(error.exitCode, 4);
    } finally {
      silent.close();
    }
  });

  it("says that the relay's name does not resolve, with exit code 4", async () => {
    // .invalid never resolves (RFC 6761 section 6.4)
    const relay = { hostname: "relay.invalid", port: 4433 };
    const error = await assertRejects(
      () => SyntheticAgent.connect({ relay, tls: certificates.clientTls }),
      RelayUnreachableError,
      '"relay.invalid"',
    );
    assertEquals(error.exitCode, 4);
  });

  it("does not trust a relay with another name", async () => {
    await using relay = relayStandIn();
    const error = await assertRejects(
      () => SyntheticAgent.connect(options(relay, { serverName: "other-server" })),
      ConnectionRefusedError,
      "Cannot trust the relay",
    );
    assertEquals(error.exitCode, 1);
  });

  it("does not trust a relay of another authority, unless told to", async () => {
    await using relay = relayStandIn();
    const { identity } = certificates.clientTls;
    assert(identity !== undefined);
    await assertRejects(
      () => SyntheticAgent.connect(options(relay, { tls: { identity, verifyPeer: true } })),
      ConnectionRefusedError,
      "Cannot trust the relay",
    );
    await using agent = await SyntheticAgent.connect(
      options(relay, { tls: { identity, verifyPeer: false } }),
    );
    assert(agent.isReady);
  });

  it("says that the relay wants a client certificate", async () => {
    await using relay = relayStandIn();
    const { caFile } = certificates.clientTls;
    assert(caFile !== undefined);
    await assertRejects(
      () => SyntheticAgent.connect(options(relay, { tls: { caFile, verifyPeer: true } })),
      ConnectionRefusedError,
      "a client certificate is required",
    );
  });

  it("says which TLS file cannot be used", async () => {
    await using relay = relayStandIn();
    const tls = { caFile: `${certificates.directory}/missing.pem`, verifyPeer: true };
    await assertRejects(
      () => SyntheticAgent.connect(options(relay, { tls })),
      ConfigError,
      "missing.pem",
    );
  });

  it("connects and registers again after the relay has closed", async () => {
    await using relay = relayStandIn();
    const events: AgentEvent[] = [];
    await using agent = await SyntheticAgent.connect(
      options(relay, { onEvent: (event) => events.push(event) }),
    );
    relay.closeAll(0, "server shutting \u001b[31mdown");
    await until(() => agent.connections === 2 && agent.isReady, "the agent is back");
    assertEquals(events.map(({ kind }) => kind), ["ready", "lost", "ready"]);
    const [, lost] = events;
    assert(lost?.kind === "lost");
    // The relay's text is shown without what a terminal would take for a command.
    assertMatch(lost.error.message, /code 0, "server shutting \\u001b\[31mdown"/);
    assertEquals(relay.agents, 1);
  });

  it("comes back to a relay that was away", async () => {
    await using relay = relayStandIn();
    await using agent = await SyntheticAgent.connect(options(relay));
    await relay.stop();
    await until(() => !agent.isReady, "the agent has noticed");
    assertEquals(agent.sendUdp({ destination, payload: bytes("x") }), "closed");
    await relay.start();
    await until(() => agent.isReady, "the agent is back");
  });

  it("gives up a relay that has been killed, and finds its successor", async () => {
    await using relay = relayStandIn();
    await using wire = new UdpWire(relay.address);
    const events: AgentEvent[] = [];
    await using agent = await SyntheticAgent.connect({
      ...options(relay, { deadAfterMs: 100, onEvent: (event) => events.push(event) }),
      relay: wire.address,
    });
    wire.isCut = true;
    await relay.stop();
    await until(() => events.some(({ kind }) => kind === "lost"), "the agent has noticed");
    const lost = events.find((event) => event.kind === "lost");
    assertMatch(lost!.error.message, /nothing has come from it for \d+ ms/);
    await relay.start();
    wire.isCut = false;
    await until(() => agent.isReady, "the agent is back");
  });

  it("keeps an idle connection whose relay answers pings", async () => {
    await using relay = relayStandIn();
    await using agent = await SyntheticAgent.connect(options(relay, { deadAfterMs: 200 }));
    const checks = performance.now() + 600;
    await until(() => performance.now() > checks, "three times the limit is over");
    assertEquals([agent.connections, agent.isReady], [1, true]);
  });

  it("stays away when it is told not to reconnect", async () => {
    await using relay = relayStandIn();
    const events: AgentEvent[] = [];
    await using agent = await SyntheticAgent.connect(
      options(relay, { reconnect: false, onEvent: (event) => events.push(event) }),
    );
    relay.closeAll(0, "bye");
    await until(() => events.at(-1)?.kind === "lost", "the agent has noticed");
    assertEquals([agent.isConnected, relay.agents], [false, 0]);
  });

  it("shares an endpoint with other agents", async () => {
    await using relay = relayStandIn();
    await using endpoint = QuicEndpoint.bind({ hostname: "127.0.0.1", port: 0 });
    const agents = await Promise.all(
      [1, 2, 3].map(() => SyntheticAgent.connect(options(relay, { endpoint }))),
    );
    assertEquals([relay.agents, endpoint.stats.establishedConnections], [3, 3]);
    await Promise.all(agents.map((agent) => agent.close()));
    await until(() => relay.agents === 0, "the relay knows that they have gone");
  });

  it("can be aborted while it connects", async () => {
    const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    try {
      const { port } = silent.addr as Deno.NetAddr;
      const controller = new AbortController();
      const connecting = SyntheticAgent.connect({
        relay: { hostname: "127.0.0.1", port },
        tls: certificates.clientTls,
        signal: controller.signal,
      });
      controller.abort(new Error("enough"));
      await assertRejects(() => connecting, Error, "enough");
    } finally {
      silent.close();
    }
  });

  it("ignores messages that are none", async () => {
    await using relay = relayStandIn({
      deliver: () => [
        Uint8Array.of(),
        Uint8Array.of(1),
        Uint8Array.of(0x12),
        Uint8Array.of(0x12, 0, 9),
        Uint8Array.of(0x13, 2, 3, 0x77, 0x65, 0x62),
        Uint8Array.of(0xff),
      ],
    });
    const packets: number[] = [];
    await using agent = await SyntheticAgent.connect(
      options(relay, { onPacket: (packet) => packets.push(packet[0]!) }),
    );
    agent.sendUdp({ serviceId: "web", destination, payload: bytes("x") });
    await until(() => packets.length > 0, "the last one is there");
    assertEquals([packets, agent.isReady], [[0xff], true]);
  });
});
