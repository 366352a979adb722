import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FlowSocket } from "../../connector/flow_socket.ts";
import { connectorMetrics } from "../../connector/metrics.ts";
import type { Connector } from "../../connector/connector.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import type { Relay } from "../../relay/relay.ts";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { MetricCatalogue } from "../../tunnel/metric_catalogue.ts";
import { hasMoved, parseExposition } from "../support/exposition.ts";
import { pingPacket, udpPacket } from "../support/inner_packets.ts";
import { NativeClient } from "../support/native_client.ts";
import { QuicheClient } from "../support/quiche_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { askMetrics, metricsListenerConfig } from "../support/metrics_client.ts";
import { waitFor } from "../support/wait.ts";

type RelayMetric = keyof typeof relayMetrics;
type ConnectorMetric = keyof typeof connectorMetrics;

/** Something that happens to a program, and the metrics that must not be 0 after it. */
interface Scenario<K> {
  readonly title: string;
  readonly moves: readonly K[];
  readonly skip?: boolean;
  /** Starts a program and resolves when it has happened. */
  run(lab: TunnelLab): Promise<Relay | Connector>;
}

const route = "100.64.0.1:1 > 10.100.0.1:2";

const onlyLinuxTells = Deno.build.os !== "linux";

/** Sends to `address` without letting anybody read, until the system drops. */
function flood(address: SocketAddress, isEnough: () => boolean): void {
  const socket = new FlowSocket(address);
  while (!isEnough()) socket.sendNow(new Uint8Array(1200));
  socket.close();
}

/** What every process shows from its start. */
const fromTheStart = [
  "processResidentMemoryBytes",
  "processOpenFds",
  "processMaxFds",
  "heapUsedBytes",
  "heapLimitBytes",
  "processStartTimeSeconds",
  "buildInfo",
] as const;

/** Asks for the metrics without a certificate, in vain. */
async function refusesStranger<P extends Relay | Connector>(
  lab: TunnelLab,
  program: P,
): Promise<P> {
  const { port } = program.metricsAddress!;
  await assertRejects(() => askMetrics({ port, caPem: lab.certificates.caPem }));
  await waitFor(
    () => program.metrics.counter.metricsRequests.labels({ result: "no_handshake" }).value,
    "the refusal to be counted",
  );
  return program;
}

const relayScenarios: readonly Scenario<RelayMetric>[] = [
  {
    title: "when it has just started",
    moves: [
      ...["ready", "certificateExpiry", "connectionsLimit", "handshakingConnectionsLimit"] as const,
      ...["waitingDatagramsLimit", "servicesLimit", "flowsLimit", "addressesLimit"] as const,
      ...fromTheStart,
    ],
    run: (lab) => lab.openRelay(),
  },
  {
    title: "while time passes",
    moves: ["uptimeSeconds", "processCpuSeconds", "eventLoopLagSeconds"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const { eventLoopLagSeconds } = relay.metrics.histogram;
      await waitFor(() => eventLoopLagSeconds.count > 0, "a measurement of the event loop");
      return relay;
    },
  },
  {
    title: "when a stranger asks for metrics",
    moves: ["metricsRequests"],
    run: async (lab) => {
      const metricsListener = await metricsListenerConfig(lab.certificates);
      return await refusesStranger(lab, await lab.openRelay({ metricsListener }));
    },
  },
  {
    title: "while a handshake is under way",
    moves: ["handshakingConnections"],
    run: async (lab) => {
      const relay = await lab.openRelay({ retry: false });
      lab.use(new NativeClient(relay.address)).isReading = false;
      const { handshakingConnections } = relay.metrics.gauge;
      await waitFor(() => handshakingConnections.value === 1, "the handshake's beginning");
      return relay;
    },
  },
  {
    title: "when clients come, register and talk",
    moves: [
      ...["activeConnections", "establishedConnections", "handshakes", "handshake"] as const,
      ...["retriesSent", "retryTokensValidated"] as const,
      ...["quicPackets", "quicBytes"] as const,
      ...["datagramsReceived", "datagramsSent", "observedAddresses"] as const,
      ...["registrations", "agents", "connectors", "services"] as const,
      ...["relayBytes", "datagramsRelayed", "flows", "addresses", "translations"] as const,
      ...["servicePackets", "serviceBytes", "serviceAgents", "serviceConnectors"] as const,
      "forwarding",
    ],
    run: async (lab) => {
      const relay = await lab.openRelay();
      await lab.connector(relay, { a: lab.backend() });
      for (const name of ["one", "two"]) {
        const agent = await lab.registered(relay, "agent", "a");
        agent.sendRouted("a", udpPacket(route, name));
        assertEquals(await agent.nextPacket(), `10.100.0.1:2 > 100.64.0.1:1 ${name}`);
      }
      return relay;
    },
  },
  {
    title: "when connectors are replaced, and clients leave",
    moves: ["connectorTakeovers", "flowFailovers", "closedConnections", "quarantinedAddresses"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      await lab.registered(relay, "connector", "a");
      const agent = await lab.registered(relay, "agent", "a");
      agent.sendRouted("a", udpPacket(route, "to the first"));
      await lab.registered(relay, "connector", "a");
      agent.sendRouted("a", udpPacket(route, "to the second"));
      await agent.fence();
      await agent.close();
      await waitFor(() => relay.status().connections.agents === 0, "the agent's end");
      return relay;
    },
  },
  {
    title: "when clients send what they must not",
    moves: [
      ...["registrationRejections", "drops", "limitsReached", "signalingDiscardedBytes"] as const,
      ...["serviceDrops", "rejectedRegistrations"] as const,
    ],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const client = await lab.client(relay);
      for (let index = 0; index <= 256; index++) await client.register("agent", `${index}`);
      client.sendRouted("0", udpPacket(route, "for nobody"));
      client.connection.writeStream(client.connection.openStream(), new Uint8Array(100));
      const { signalingDiscardedBytes } = relay.metrics.counter;
      await waitFor(() => signalingDiscardedBytes.value === 100, "the stream");
      return relay;
    },
  },
  {
    title: "when strangers send packets",
    moves: ["quicPacketsDropped", "versionNegotiations", "statelessResets", "retryTokenFailures"],
    run: async (lab) => {
      const relay = await lab.openRelay({ retryKey: new Uint8Array(32) });
      const link = lab.link(relay);
      let proven: Uint8Array | undefined;
      link.watcher = (_, packet) => {
        if (packet[0]! >= 0xc0) proven = packet.slice();
      };
      const client = await lab.client(link);
      await client.fence();
      const forged = proven!;
      forged[20]! ^= 1; // inside of the connection ID
      await link.inject(forged);
      const unknownVersion = new Uint8Array(1200);
      unknownVersion.set([0xc0, 0xba, 0xba, 0xba, 0xba, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
      await link.inject(unknownVersion);
      const stray = new Uint8Array(60);
      stray.set([0x40, 0x40]);
      await link.inject(stray);
      const { statelessResets } = relay.metrics.counter;
      await waitFor(() => statelessResets.value === 1, "the stateless reset");
      await client.fence();
      return relay;
    },
  },
  {
    title: "when a client's certificate ends",
    moves: ["refusedClients"],
    run: async (lab) => {
      const relay = await lab.relay({}, { wallClock: () => Date.now() + 400 * 86_400_000 });
      await (await lab.client(relay, await lab.identity("agent", ["a"]))).closed();
      return relay;
    },
  },
  {
    title: "when a client moves",
    moves: ["addressChanges"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const link = lab.link(relay);
      const client = await lab.client(link);
      await client.fence();
      link.rebind();
      await client.fence();
      await waitFor(() => client.observed.length === 2, "the new address");
      return relay;
    },
  },
  {
    title: "when a client does not read",
    moves: ["datagramsRefused", "waitingDatagrams"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const deaf = lab.use(new NativeClient(relay.address));
      await waitFor(() => deaf.native.isEstablished(), "the handshake");
      deaf.sendDatagram(Uint8Array.fromHex("110161"));
      await waitFor(() => relay.status().connections.connectors === 1, "its registration");
      deaf.isReading = false;
      const agent = await lab.registered(relay, "agent", "a");
      const refused = relay.metrics.counter.datagramsRefused.labels({ reason: "queue_full" });
      while (refused.value === 0) {
        for (let batch = 0; batch < 50; batch++) {
          agent.sendRouted("a", udpPacket(route, new Uint8Array(1000)));
        }
        await agent.fence();
      }
      return relay;
    },
  },
  {
    title: "when more comes than it reads",
    moves: ["socketReceiveQueueBytes", "socketReceiveBufferBytes", "socketDrops"],
    skip: onlyLinuxTells,
    run: async (lab) => {
      const relay = await lab.openRelay();
      // The relay shares this thread: while it sends, nothing is read.
      flood(relay.address, () => relay.metrics.counter.socketDrops.value! > 0);
      return relay;
    },
  },
  {
    title: "when it drains",
    moves: ["draining", "refusedConnections"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      await relay.windDown("test");
      const tls = { caFile: lab.certificates.caFile, verifyPeer: true };
      const late = lab.use(new QuicheClient({ remote: relay.address, tls }));
      await waitFor(() => late.connection.isClosed, "the refusal");
      return relay;
    },
  },
  {
    title: "when its certificates are reloaded",
    moves: ["tlsReloads"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      await relay.reload();
      return relay;
    },
  },
];

/** Metrics that no test from outside can move, and why. */
const relayUnmoved: Readonly<Partial<Record<RelayMetric, string>>> = {
  signalingSessions: "this relay has no peer-to-peer signaling yet; the name is the reference's",
  connectionIdsRotated: "once in 5 minutes: see tunnel/quic/endpoint_connection_id_test.ts",
  sendErrors: "loopback refuses no packet: see tunnel/quic/udp_socket_test.ts",
  handlerErrors: "counts faults of the relay: see tunnel/quic/endpoint_close_test.ts",
};

const connectorScenarios: readonly Scenario<ConnectorMetric>[] = [
  {
    title: "when it has just started",
    moves: [
      ...["services", "udpFlowsLimit", "certificateExpiry"] as const,
      ...["udpWaitingPacketsLimit", "waitingDatagramsLimit"] as const,
      ...fromTheStart,
    ],
    run: async (lab) => {
      const identity = await lab.identity("connector", ["a"]);
      return await lab.connector(await lab.relay(), { a: "localhost:7" }, { identity });
    },
  },
  {
    title: "while time passes",
    moves: ["uptime", "processCpuSeconds", "eventLoopLagSeconds"],
    run: async (lab) => {
      const connector = await lab.connector(await lab.openRelay(), { a: "localhost:7" });
      const { eventLoopLagSeconds } = connector.metrics.histogram;
      await waitFor(() => eventLoopLagSeconds.count > 0, "a measurement of the event loop");
      return connector;
    },
  },
  {
    title: "when a stranger asks for metrics",
    moves: ["metricsRequests"],
    run: async (lab) => {
      const metricsListener = await metricsListenerConfig(lab.certificates);
      const config = { metricsListener };
      const relay = await lab.openRelay();
      return await refusesStranger(
        lab,
        await lab.connector(relay, { a: "localhost:7" }, { config }),
      );
    },
  },
  {
    title: "when it registers",
    moves: [
      ...["connectionAttempts", "registrations", "uplinkState", "ready", "outages"] as const,
      ...["quicPackets", "quicBytes", "observedAddressChanges", "backendResolutions"] as const,
    ],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const connector = await lab.connector(relay, { a: "backend.test:7" }, {
        lookup: () => Promise.resolve(["127.0.0.1"]),
        dontWait: true,
      });
      await waitFor(() => connector.status().services[0]!.observedAddress, "the observed address");
      await waitFor(() => connector.readiness().ready, "its readiness");
      return connector;
    },
  },
  {
    title: "when agents talk to it",
    moves: [
      ...["forwardedPackets", "forwardedBytes", "packets", "payloadBytes"] as const,
      ...["udpFlows", "udpFlowsOpened", "udpFlowsEnded", "drops"] as const,
      ...["forwarding", "backendResponse"] as const,
    ],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const backend = lab.backend();
      const connector = await lab.connector(relay, { a: backend }, {
        config: { maxUdpFlows: 1 },
      });
      const agent = await lab.registered(relay, "agent", "a");
      for (const port of [1, 2]) {
        agent.sendRouted("a", udpPacket(`10.0.0.1:${port} > 10.100.0.1:2`, "x"));
        await agent.nextPacket();
      }
      agent.sendRouted("a", Uint8Array.of(0x60));
      agent.sendRouted("a", pingPacket("10.0.0.1 > 10.100.0.1", 1, 1, "x"));
      await agent.nextPacket();
      return connector;
    },
  },
  {
    title: "when its relay goes and comes back",
    moves: ["connectionLosses", "connectionFailures", "reconnections"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const connector = await lab.connector(relay, { a: lab.backend() }, {
        limits: { lastHandshakeTimeoutMs: 50 },
      });
      await relay.close();
      const labels = { service: "a", cause: "unreachable" };
      const { connectionFailures } = connector.metrics.counter;
      await waitFor(() => connectionFailures.labels(labels).value! > 0, "a failed attempt");
      await lab.openRelay({ port: relay.address.port });
      await waitFor(() => connector.readiness().ready, "its readiness");
      return connector;
    },
  },
  {
    title: "when the network to its relay is slow, loses packets, and stops",
    moves: ["relayRtt", "relayPacketsLost", "waitingDatagrams"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const link = lab.link(relay, { delayMs: 5 });
      const backend = lab.backend();
      const connector = await lab.connector(link, { a: backend });
      const agent = await lab.registered(relay, "agent", "a");
      const { gauge, counter } = connector.metrics;
      const series = { service: "a" };
      link.faults = { delayMs: 5, lossRate: 0.3 };
      await waitFor(() => {
        agent.sendRouted("a", udpPacket(route, "x"));
        return counter.relayPacketsLost.labels(series).value! > 0;
      }, "a loss");
      link.isCut = true;
      const flow = backend.received[0]!.from;
      await waitFor(() => {
        void backend.send(new Uint8Array(1200), flow);
        return gauge.waitingDatagrams.labels(series).value! > 0;
      }, "the congestion window to close");
      return connector;
    },
  },
  {
    title: "when more comes than it reads",
    moves: ["socketReceiveQueueBytes", "socketReceiveBufferBytes", "socketDrops"],
    skip: onlyLinuxTells,
    run: async (lab) => {
      const connector = await lab.connector(await lab.openRelay(), { a: lab.backend() });
      const seen = await waitFor(() => connector.status().services[0]!.observedAddress, "itself");
      const [hostname = "", port] = seen.split(":");
      const drops = connector.metrics.counter.socketDrops.labels({ side: "relay" });
      flood({ hostname, port: Number(port) }, () => drops.value! > 0);
      return connector;
    },
  },
  {
    title: "when it is told to stop soon",
    moves: ["draining"],
    run: async (lab) => {
      const connector = await lab.connector(await lab.openRelay(), { a: lab.backend() });
      await connector.windDown("test");
      return connector;
    },
  },
  {
    title: "when its backend's name does not resolve, and when it is reloaded",
    moves: ["backendErrors", "tlsReloads"],
    run: async (lab) => {
      const relay = await lab.openRelay();
      const connector = await lab.connector(relay, { a: "backend.test:7" }, {
        lookup: () => Promise.reject(new Error("no such name")),
        dontWait: true,
      });
      await connector.reload();
      const { backendErrors } = connector.metrics.counter;
      const labels = { service: "a", kind: "resolve" };
      await waitFor(() => backendErrors.labels(labels).value! > 0, "the failure");
      return connector;
    },
  },
];

const connectorUnmoved: Readonly<Partial<Record<ConnectorMetric, string>>> = {
  tcpSessions: "this connector carries no TCP yet; the name is the reference's",
  sendErrors: "loopback refuses no packet: see connector/relay_dialer_test.ts",
  handlerErrors: "counts faults of the connector: see connector/relay_dialer_test.ts",
  udpWaitingPackets: "loopback takes every packet at once: see connector/udp_test.ts",
  tcpErrors: "this connector carries no TCP yet; the name is the reference's",
};

/** The names that dashboards of the reference use (protocol sections 10.2 and 10.3). */
const referenceNames = {
  relay: [
    "ztna_active_connections",
    "ztna_relay_bytes_total",
    "ztna_registrations_total",
    "ztna_registration_rejections_total",
    "ztna_datagrams_relayed_total",
    "ztna_signaling_sessions_total",
    "ztna_retry_tokens_validated",
    "ztna_retry_token_failures",
    "ztna_uptime_seconds",
  ],
  connector: [
    "ztna_connector_forwarded_packets_total",
    "ztna_connector_forwarded_bytes_total",
    "ztna_connector_tcp_sessions_total",
    "ztna_connector_tcp_errors_total",
    "ztna_connector_reconnections_total",
    "ztna_connector_uptime_seconds",
  ],
};

async function scrape(program: Relay | Connector): Promise<string> {
  const { hostname, port } = program.adminAddress!;
  const response = await fetch(`http://${hostname}:${port}/metrics`);
  assertMatch(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4(;|$)/);
  return await response.text();
}

const admin = { hostname: "127.0.0.1", port: 0 };

const programs = [
  {
    program: "relay",
    catalogue: relayMetrics as MetricCatalogue,
    scenarios: relayScenarios as readonly Scenario<string>[],
    unmoved: relayUnmoved as Readonly<Record<string, string>>,
    start: (lab: TunnelLab): Promise<Relay | Connector> => lab.openRelay({ admin }),
  },
  {
    program: "connector",
    catalogue: connectorMetrics as MetricCatalogue,
    scenarios: connectorScenarios as readonly Scenario<string>[],
    unmoved: connectorUnmoved as Readonly<Record<string, string>>,
    start: async (lab: TunnelLab): Promise<Relay | Connector> =>
      await lab.connector(await lab.openRelay(), { a: lab.backend() }, { config: { admin } }),
  },
] as const;

for (const { program, catalogue, scenarios, unmoved, start } of programs) {
  describe(`the ${program}'s metrics`, () => {
    it("are all in the exposition, each with its help and type", async () => {
      await using lab = await TunnelLab.create();
      const text = await scrape(await start(lab));
      for (const { name, help, kind } of Object.values(catalogue)) {
        assert(text.includes(`# HELP ${name} ${help}\n`), `${name} has no HELP`);
        assert(text.includes(`# TYPE ${name} ${kind}\n`), `${name} has no TYPE`);
      }
    });

    it("have a value for each of the reference's names from the start", async () => {
      await using lab = await TunnelLab.create();
      const text = await scrape(await start(lab));
      for (const name of referenceNames[program]) {
        assertMatch(text, new RegExp(`^${name} [0-9.e+]+$`, "m"));
      }
    });

    it("are each moved by a scenario, or not, for a reason", () => {
      const moved = new Set(scenarios.flatMap(({ moves }) => moves));
      const expected = Object.keys(unmoved).sort();
      assertEquals(Object.keys(catalogue).filter((key) => !moved.has(key)).sort(), expected);
    });

    for (const { title, moves, skip = false, run } of scenarios) {
      it(`show it ${title}`, { skip }, async () => {
        await using lab = await TunnelLab.create();
        const { metrics } = await run(lab);
        const series = parseExposition(await metrics.exposition());
        const still = moves.filter((key) => !hasMoved(series, catalogue[key]!.name));
        assertEquals(still, []);
      });
    }

    it("are 0 where they count, before anything has happened", async () => {
      await using lab = await TunnelLab.create();
      const started = program === "relay" ? await lab.openRelay() : await lab.connector(
        { host: "127.0.0.1", port: 9 },
        { a: "127.0.0.1:9" },
        { dontWait: true },
      );
      const series = parseExposition(await started.metrics.exposition());
      const expected = ["process_cpu_seconds_total", "ztna_connector_connection_attempts_total"];
      const counters = Object.values(catalogue).filter(({ kind }) => kind === "counter");
      const moved = counters.map(({ name }) => name).filter((name) => hasMoved(series, name));
      assertEquals(moved.filter((name) => !expected.includes(name)), []);
    });
  });
}
