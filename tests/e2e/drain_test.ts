import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { drainScript, parseDrainOutcome } from "../../ops/engine/health/drain.ts";
import { formatSocketAddress, type SocketAddress } from "../../tunnel/quic/address.ts";
import { freePort } from "../support/free_port.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { Program } from "../support/program.ts";
import { QuicheClient } from "../support/quiche_client.ts";
import { relayAddress, relayArguments } from "../support/relay_program.ts";
import { StandInSystemd } from "../support/stand_in_systemd.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

const skip = Deno.build.os !== "linux";
const route = "100.64.0.1:1 > 10.100.0.1:2";
const goodbye = { by: "peer", application: true, code: 0, text: "server shutting down" } as const;
const refusal = { by: "handshake", application: false, code: 2, text: "server draining" } as const;

/** A relay process, where its clients and its admin endpoints are. */
interface RunningRelay {
  readonly program: Program;
  readonly address: SocketAddress;
  readonly adminPort: number;
  readonly ask: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
}

function asker(port: number): RunningRelay["ask"] {
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, body: await response.text() };
  };
}

async function startRelay(lab: TunnelLab): Promise<RunningRelay> {
  const adminPort = freePort();
  const program = lab.use(new Program("relay", relayArguments(lab, 0, adminPort)));
  return { program, address: await relayAddress(program), adminPort, ask: asker(adminPort) };
}

async function drainOf({ ask }: Pick<RunningRelay, "ask">): Promise<Record<string, unknown>> {
  return JSON.parse((await ask("/status")).body).drain;
}

/** Polls `/status` until the relay has so many clients left. */
async function clientsLeft(relay: RunningRelay, count: number): Promise<Record<string, unknown>> {
  for (const endMs = performance.now() + 10_000;;) {
    const drain = await drainOf(relay);
    if (drain["connections"] === count) return drain;
    assert(performance.now() < endMs, `not ${count} clients, but ${JSON.stringify(drain)}`);
  }
}

describe("a relay that is told to drain (SIGUSR2)", () => {
  it("serves who is there, refuses who is new, and counts until the last one has left", async () => {
    await using lab = await TunnelLab.create();
    const relay = await startRelay(lab);
    const connector = await lab.connector(relay, { a: lab.backend() });
    const agent = await lab.registered(relay, "agent", "a");
    assertEquals((await drainOf(relay))["since"], null);

    relay.program.signal("SIGUSR2");
    await relay.program.logged("winding_down");
    const readiness = await relay.ask("/readyz");
    assertEquals(readiness, { status: 503, body: "draining: SIGUSR2\n" });
    assertEquals((await relay.ask("/healthz")).status, 200);

    const tls = { caFile: lab.certificates.caFile, verifyPeer: true };
    const late = lab.use(new QuicheClient({ remote: relay.address, tls }));
    assertEquals(await late.closed(), refusal);
    assertEquals(await agent.register("agent", "b"), "nack 3");
    assertEquals(await agent.register("agent", "a"), "ack");
    agent.sendRouted("a", udpPacket(route, "still served"));
    assertEquals(await agent.nextPacket(), "10.100.0.1:2 > 100.64.0.1:1 still served");

    const { since, ...drain } = await drainOf(relay);
    assertMatch(String(since), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assertEquals(drain, {
      draining: true,
      connections: 2,
      agents: 1,
      connectors: 1,
      connectionsAtStart: 2,
      closedWhileDraining: 0,
      refusedConnections: 1,
      refusedRegistrations: 1,
    });
    assertStringIncludes((await relay.ask("/metrics")).body, "\nztna_relay_draining 1\n");

    relay.program.signal("SIGUSR2");
    await agent.close();
    assertEquals((await clientsLeft(relay, 1))["closedWhileDraining"], 1);
    await connector.close();
    const last = await clientsLeft(relay, 0);
    const none = { connections: 0, agents: 0, connectors: 0 };
    assertEquals(last, { ...drain, since, ...none, closedWhileDraining: 2 });
    const began = relay.program.log.filter(({ event }) => event === "winding_down");
    assertEquals(began.length, 1);
    relay.program.signal("SIGTERM");
    assertEquals((await relay.program.ended()).code, 0);
  });

  it("closes who is still there on SIGTERM, as ever", async () => {
    await using lab = await TunnelLab.create();
    const relay = await startRelay(lab);
    const agent = await lab.registered(relay, "agent", "a");
    const unregistered = await lab.client(relay);
    await unregistered.fence();
    relay.program.signal("SIGUSR2");
    assertEquals((await clientsLeft(relay, 2))["agents"], 1);
    relay.program.signal("SIGTERM");
    assertEquals([await agent.closed(), await unregistered.closed()], [goodbye, goodbye]);
    assertEquals((await relay.program.ended()).code, 0);
  });

  it("is drained, and watched, by the script that goes to hosts", { skip }, async () => {
    await using lab = await TunnelLab.create();
    using systemd = new StandInSystemd();
    const relay = await startRelay(lab);
    systemd.pid = relay.program.pid;
    const agents = [
      await lab.registered(relay, "agent", "a"),
      await lab.registered(relay, "agent", "a"),
    ];
    await lab.registered(relay, "connector", "a");
    const script = drainScript({
      unit: "ztna-relay@a.service",
      address: "127.0.0.1",
      port: relay.adminPort,
      deadlineSeconds: 30,
    });
    const progress: string[] = [];
    const { stdout, code } = await systemd.run(script, (line) => {
      progress.push(line);
      void agents.shift()?.close();
    });
    assertEquals(code, 0);
    const { end, peersAtStart, peersLeft, account } = parseDrainOutcome(stdout);
    assertEquals([end, peersAtStart, peersLeft], ["connectors_only", 3, 1]);
    assertEquals([account?.agents, account?.connectors, account?.closedWhileDraining], [0, 1, 2]);
    assertEquals(progress, [
      "3 peers left (2 agents, 1 connectors)",
      "2 peers left (1 agents, 1 connectors)",
      "1 peers left (0 agents, 1 connectors)",
    ]);
  });

  it("reads its certificates again on SIGHUP, and keeps draining", async () => {
    await using lab = await TunnelLab.create();
    const relay = await startRelay(lab);
    relay.program.signal("SIGUSR2");
    await relay.program.logged("winding_down");
    relay.program.signal("SIGHUP");
    await relay.program.logged("reloaded");
    assertEquals((await relay.ask("/readyz")).body, "draining: SIGUSR2\n");
  });

  it("lets a connector move to the relay's other address at once", async () => {
    await using lab = await TunnelLab.create();
    const old = await lab.openRelay();
    const next = await lab.openRelay({ bindAddresses: ["127.0.0.2"], port: old.address.port });
    await old.windDown("test");
    const server = { host: "relays.test", port: old.address.port };
    const startedMs = performance.now();
    const connector = await lab.connector(server, { a: lab.backend() }, {
      // A relay that says nothing would cost this long.
      limits: { handshakeTimeoutMs: 60_000, reconnectBaseMs: 60_000, reconnectMaxMs: 60_000 },
      lookup: () => Promise.resolve(["127.0.0.1", "127.0.0.2"]),
    });
    assertEquals(next.status().connections.connectors, 1);
    assert(performance.now() - startedMs < 30_000);
    const labels = { service: "a", cause: "relay_draining" };
    assertEquals(connector.metrics.counter.connectionFailures.labels(labels).value, 1);
  });
});

describe("a connector that is told to drain (SIGUSR2)", () => {
  it("is not ready any more, serves on, and says how many flows it has", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const port = freePort();
    const backend = lab.backend();
    await using connector = new Program("connector", [
      ...["--server", formatSocketAddress(relay.address)],
      ...["--ca-cert", lab.certificates.caFile, "--metrics-port", String(port)],
      ...["--service", "a", "--forward", formatSocketAddress(backend.address)],
    ]);
    await connector.logged("registered");
    connector.signal("SIGUSR2");
    await connector.logged("winding_down");
    const ask = asker(port);
    assertEquals(await ask("/readyz"), { status: 503, body: "draining: SIGUSR2\n" });
    const agent = await lab.registered(relay, "agent", "a");
    agent.sendRouted("a", udpPacket(route, "x"));
    assertEquals(await agent.nextPacket(), "10.100.0.1:2 > 100.64.0.1:1 x");
    const { since, ...drain } = await drainOf({ ask });
    assertEquals(drain, { draining: true, connections: 1, flows: 1 });
    assertMatch(String(since), /Z$/);
    connector.signal("SIGTERM");
    assertEquals((await connector.ended()).code, 0);
    await waitFor(() => relay.status().connections.connectors === 0, "its end at the relay");
  });
});
