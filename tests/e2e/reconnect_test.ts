import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Connector } from "../../connector/connector.ts";
import type { UplinkCause } from "../../connector/uplink_cause.ts";
import { createLogger, type Logger } from "../../tunnel/log.ts";
import { Program } from "../support/program.ts";
import { relayAddress, relayArguments } from "../support/relay_program.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { startScriptedRelay } from "../support/scripted_relay.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";
import { waitFor } from "../support/wait.ts";

const route = "10.0.0.1:1 > 10.100.0.1:2";
const routeBack = "10.100.0.1:2 > 10.0.0.1:1";
const ack = Uint8Array.fromHex("12000161");
const nack = Uint8Array.fromHex("13020161");

function failures(connector: Connector, cause: UplinkCause): number {
  return connector.metrics.counter.connectionFailures.labels({ service: "a", cause }).value!;
}

function losses(connector: Connector, cause: UplinkCause): number {
  return connector.metrics.counter.connectionLosses.labels({ service: "a", cause }).value!;
}

function reconnections(connector: Connector): number {
  return connector.metrics.counter.reconnections.value!;
}

/** A log whose lines can be read. */
function recordingLogger(): { logger: Logger; events(name: string): Record<string, unknown>[] } {
  const lines: string[] = [];
  return {
    logger: createLogger({
      level: "info",
      format: "json",
      write: (line) => void lines.push(line),
    }),
    events: (name) =>
      lines.map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ event }) => event === name),
  };
}

describe("a connector whose relay restarts", () => {
  it("registers again with the next one, and agents' packets pass again", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend(), b: lab.backend() });
    await relay.close();
    for (let restart = 1; restart <= 3; restart++) {
      const next = await lab.openRelay({ port: relay.address.port });
      await waitFor(() => connector.readiness().ready, "the registrations");
      assertEquals(next.status().connections.connectors, 2);
      assertEquals(reconnections(connector), 2 * restart);
      const agent = await lab.registered(next, "agent", "a");
      agent.sendRouted("a", udpPacket(route, `restart ${restart}`));
      assertEquals(await agent.nextPacket(), `${routeBack} restart ${restart}`);
      await agent.close();
      await next.close();
      await waitFor(() => !connector.readiness().ready, "the loss");
    }
    assertEquals(losses(connector, "relay_closed"), 4);
  });

  it("notices a killed one by a stateless reset as soon as it is back [LR18]", async () => {
    await using lab = await TunnelLab.create();
    const keyFile = `${lab.certificates.directory}/retry.key`;
    Deno.writeFileSync(keyFile, crypto.getRandomValues(new Uint8Array(32)));
    const retryKey = ["--retry-key", keyFile];
    await using killed = new Program("relay", [...relayArguments(lab), ...retryKey]);
    const address = await relayAddress(killed);
    // Pings often, as the loss shows when something is sent; counts on nothing else.
    const connector = await lab.connector({ address }, { a: lab.backend() }, {
      limits: { keepAliveMs: 50, silenceMs: 60_000, livenessCheckMs: 60_000 },
    });
    killed.signal("SIGKILL");
    await killed.ended();
    await using relay = new Program("relay", [
      ...relayArguments(lab, address.port),
      ...retryKey,
    ]);
    await relay.logged("ready");
    await waitFor(() => losses(connector, "relay_restarted") === 1, "the stateless reset");
    await waitFor(() => connector.readiness().ready, "the registration");
    const agent = await lab.registered({ address }, "agent", "a");
    agent.sendRouted("a", udpPacket(route, "back"));
    assertEquals(await agent.nextPacket(), `${routeBack} back`);
  });

  it("notices that nothing comes from it any more, long before QUIC's own 30 s", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const link = lab.link(relay);
    const connector = await lab.connector(link, { a: lab.backend() }, {
      limits: { keepAliveMs: 100, silenceMs: 500, livenessCheckMs: 50 },
    });
    link.isCut = true;
    await waitFor(() => !connector.readiness().ready, "the loss");
    link.isCut = false;
    await waitFor(() => connector.readiness().ready, "the registration");
    assertEquals(reconnections(connector), 1);
  });

  it("accepts at the next one what the last one has proven of addresses [LR17]", async () => {
    await using lab = await TunnelLab.create();
    const retryKey = crypto.getRandomValues(new Uint8Array(32));
    const relay = await lab.openRelay({ retryKey });
    const link = lab.link(relay);
    // The client's answer to the Retry is lost while the relay is replaced.
    let retried = false;
    link.watcher = (direction, packet) => {
      if (direction === "to_client" && packet[0]! >> 4 === 0x0f) retried = true;
      return !(retried && direction === "to_server");
    };
    const waiting = lab.client(link);
    await waitFor(() => retried, "the Retry");
    await relay.close();
    const next = await lab.openRelay({ port: relay.address.port, retryKey });
    link.watcher = () => {};
    const client = await waiting;
    assertEquals(await client.register("agent", "a"), "ack");
    const { retriesSent, retryTokensValidated } = next.metrics.counter;
    assertEquals([retriesSent.value, retryTokensValidated.value], [0, 1]);
  });
});

describe("a connector that can't reach its relay", () => {
  it("backs off with full jitter up to a cap, and counts no reconnection [LC27]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const { logger, events } = recordingLogger();
    const randoms = [0.99, 0, 0.5, 0.99, 0.99, 0.25];
    let draws = 0;
    let isKnown = true;
    const { port } = relay.address;
    const connector = await lab.connector({ host: "relay.test", port }, { a: lab.backend() }, {
      logger,
      lookup: () => isKnown ? Promise.resolve(["127.0.0.1"]) : Promise.reject(new Error("no name")),
      random: () => randoms[draws++ % randoms.length]!,
      limits: { reconnectBaseMs: 20, reconnectMaxMs: 100 },
    });
    isKnown = false;
    await relay.close();
    await waitFor(() => events("relay_not_reached").length >= 5, "5 failures");
    const waits = [...events("relay_lost"), ...events("relay_not_reached")]
      .map(({ retryInSeconds }) => retryInSeconds);
    // Bounds of 20, 40, 80, then 100 ms each.
    assertEquals(waits.slice(0, 6), [0.02, 0, 0.04, 0.099, 0.099, 0.025]);
    assertEquals([reconnections(connector), losses(connector, "relay_closed")], [0, 1]);
    assertEquals(failures(connector, "resolve"), events("relay_not_reached").length);
    await lab.openRelay({ port });
    isKnown = true;
    await waitFor(() => connector.readiness().ready, "the registration");
    assertEquals(reconnections(connector), 1);
  });

  it("keeps its admin endpoints, says why it isn't ready, and goes on trying [LC28]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      config: { admin: { hostname: "127.0.0.1", port: 0 } },
      limits: { lastHandshakeTimeoutMs: 30 },
    });
    const readyz = `http://127.0.0.1:${connector.adminAddress!.port}/readyz`;
    assertEquals((await fetch(readyz).then((response) => response.text())).trim(), "ok");
    await relay.close();
    await waitFor(() => failures(connector, "unreachable") > 2, "several attempts");
    const response = await fetch(readyz);
    assertEquals(response.status, 503);
    assertStringIncludes(await response.text(), 'not registered: "a"');
    const metrics = await fetch(readyz.replace("readyz", "metrics"));
    assertStringIncludes(await metrics.text(), "ztna_connector_uptime_seconds");
    await lab.openRelay({ port: relay.address.port });
    await waitFor(() => connector.readiness().ready, "the registration");
  });

  it("finds it by name, and tries all of the name's addresses [LC33]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const { port } = relay.address;
    const connector = await lab.connector({ host: "relay.test", port }, { a: lab.backend() }, {
      lookup: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]),
      limits: { handshakeTimeoutMs: 100 },
    });
    assertEquals(connector.status().services[0]!.relay, `127.0.0.1:${port}`);
    assertEquals(failures(connector, "unreachable"), 1);
    const { connectionAttempts } = connector.metrics.counter;
    assertEquals(connectionAttempts.labels({ service: "a" }).value, 2);
  });
});

describe("a connector that its relay does not accept", () => {
  it("backs off without a certificate, and is let in with one [LC31]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const { logger, events } = recordingLogger();
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      logger,
      random: () => 0.999,
      limits: { reconnectBaseMs: 10, reconnectMaxMs: 80 },
      dontWait: true,
    });
    await waitFor(() => events("relay_not_reached").length >= 5, "5 refusals");
    const waits = events("relay_not_reached").map(({ retryInSeconds }) => retryInSeconds);
    assertEquals(waits.slice(0, 5), [0.01, 0.02, 0.04, 0.08, 0.08]);
    assertStringIncludes(String(events("relay_not_reached")[0]!["detail"]), "--client-cert");
    assert(failures(connector, "tls") >= 5);
    assertEquals(relay.metrics.counter.registrations.value, 0);
    await connector.close();

    const identity = await lab.identity("connector", ["a"]);
    await lab.connector(relay, { a: lab.backend() }, { identity });
    assertEquals(relay.status().services["a"]!.connectors.length, 1);
  });

  it("asks again and again when it isn't allowed to provide its service, and in the end it is [LC30]", async () => {
    await using lab = await TunnelLab.create();
    let asked = 0;
    const relay = startScriptedRelay(lab, (connection, message) => {
      if (message[0] !== 0x11) return;
      asked += 1;
      connection.sendDatagram(asked <= 3 ? nack : ack);
    });
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      limits: { registrationTimeoutMs: 10, registrationMaxMs: 40 },
      dontWait: true,
    });
    await waitFor(() => connector.status().services[0]!.state === "denied", "the denial");
    assertStringIncludes(connector.readiness().reason!, "status 2");
    await waitFor(() => connector.readiness().ready, "the ACK");
    const { registrations } = connector.metrics.counter;
    assertEquals(registrations.labels({ service: "a", result: "nack" }).value, 3);
    assertEquals(registrations.labels({ service: "a", result: "ack" }).value, 1);
    assertEquals(reconnections(connector), 0);
  });

  it("takes a NACK without a service ID for its own [LR8]", async () => {
    await using lab = await TunnelLab.create();
    const relay = startScriptedRelay(lab, (connection, message) => {
      if (message[0] === 0x11) connection.sendDatagram(Uint8Array.fromHex("130100"));
    });
    const connector = await lab.connector(relay, { a: lab.backend() }, { dontWait: true });
    await waitFor(() => connector.status().services[0]!.state === "denied", "the denial");
    assertStringIncludes(connector.readiness().reason!, "status 1");
  });

  it("repeats a registration that nobody answers, and takes an answer that comes late [LR9] [LC30]", async () => {
    await using lab = await TunnelLab.create();
    let asked = 0;
    const relay = startScriptedRelay(lab, (connection, message) => {
      if (message[0] === 0x11 && ++asked > 4) connection.sendDatagram(ack);
    });
    const { logger, events } = recordingLogger();
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      logger,
      limits: { registrationTimeoutMs: 10, registrationMaxMs: 20 },
    });
    assertEquals(asked >= 5, true);
    const { registrations } = connector.metrics.counter;
    assert(registrations.labels({ service: "a", result: "timeout" }).value! >= 4);
    // One line for each, not one for each turn of a loop.
    assertEquals(
      events("registration_unanswered").length,
      registrations.labels({ service: "a", result: "timeout" }).value,
    );
  });

  it("ignores answers about other services, D12 among them, and anything it doesn't know", async () => {
    await using lab = await TunnelLab.create();
    const strange = [vector("D12").hex, "12000162", "12", "1300", "0163", "2f0161", "60ff", "ff"];
    const relay = startScriptedRelay(lab, (connection, message) => {
      if (message[0] !== 0x11) return;
      for (const hex of strange) connection.sendDatagram(Uint8Array.fromHex(hex));
      connection.sendDatagram(ack);
    });
    const connector = await lab.connector(relay, { a: lab.backend() });
    const { drops, registrations } = connector.metrics.counter;
    const dropped = (reason: string): number => drops.labels({ service: "a", reason }).value!;
    await waitFor(
      () => dropped("foreign_control") + dropped("bad_control") + dropped("not_ipv4") === 8,
      "a verdict on each",
    );
    assertEquals([dropped("foreign_control"), dropped("bad_control")], [2, 3]);
    assertEquals(registrations.labels({ service: "a", result: "nack" }).value, 0);
  });

  it("does not talk to a relay whose certificate has another name [LC32]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      config: { serverName: "relay.example" },
      dontWait: true,
    });
    await waitFor(() => failures(connector, "tls") >= 2, "its refusals");
    assertEquals(relay.metrics.counter.registrations.value, 0);

    const careless = await lab.connector(relay, { a: lab.backend() }, {
      config: { serverName: "relay.example", verifyPeer: false },
    });
    assertEquals(careless.readiness().ready, true);
  });

  it("does not talk to a relay whose authority it doesn't know", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend() }, {
      config: { caFile: undefined },
      dontWait: true,
    });
    await waitFor(() => failures(connector, "tls") >= 2, "its refusals");
    assertEquals(relay.metrics.counter.registrations.value, 0);
  });
});

describe("agents whose connector reconnects", () => {
  it("go on with the same flow, without doing anything", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const identity = await lab.identity("connector", ["a"]);
    const backend = lab.backend();
    const first = await lab.connector(relay, { a: backend }, { identity });
    const agent = await lab.registered(relay, "agent", "a", await lab.identity("agent", ["a"]));
    agent.sendRouted("a", udpPacket(route, "one"));
    assertEquals(await agent.nextPacket(), `${routeBack} one`);
    await first.close();
    await lab.connector(relay, { a: backend }, { identity });
    agent.sendRouted("a", udpPacket(route, "two"));
    assertEquals(await agent.nextPacket(), `${routeBack} two`);
  });
});
