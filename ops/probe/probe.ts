import { type Clock, systemClock } from "../../tunnel/clock.ts";
import { ConfigError } from "../../tunnel/errors.ts";
import { formatSocketAddress, type SocketAddress } from "../../tunnel/quic/address.ts";
import type { ClientTls } from "../../tunnel/quic/tls_config.ts";
import { type AgentEvent, SyntheticAgent } from "./agent.ts";
import { largestCapacity, type Measurement } from "./measurement.ts";
import { maximumPayloadBytes, minimumPayloadBytes } from "./payload.ts";
import {
  createProbeFlow,
  formatFlowEnd,
  type InnerAddress,
  type ProbeProtocol,
} from "./probe_flow.ts";
import { mostUnderWay, type ProbeProgress, ProbeRun, type RunEvent } from "./probe_run.ts";
import { RequestWriter } from "./request_writer.ts";

/** What to send where. At least one of `count`, `durationMs` and `signal` must end the run. */
export interface ProbeOptions {
  /** `hostname` may be a DNS name. */
  readonly relay: SocketAddress;
  /** The name that the relay's certificate must carry; sent as SNI. */
  readonly serverName?: string;
  readonly serviceId: string;
  readonly protocol: ProbeProtocol;
  /** Packets to send. */
  readonly count?: number;
  /** How long to send, in ms from the first packet. Whichever limit comes first counts. */
  readonly durationMs?: number;
  /** Between packets; above 0, fractions allowed (0.1 is 10,000 packets per second). */
  readonly intervalMs: number;
  /** UDP payload or ICMP data: 36 (the default) to 4,096, and what the connection carries. */
  readonly payloadBytes?: number;
  /** Inner destination; 10.100.0.1:7 by default. */
  readonly destination?: InnerAddress;
  /** Inner source; 100.64.0.1 with a random port by default. */
  readonly source?: InnerAddress;
  readonly tls: ClientTls;
  /** Ends the run: sends nothing more, waits half a second for replies, and reports. */
  readonly signal?: AbortSignal;
  /**
   * A reply that takes longer counts as lost; so long does the probe wait after its last packet
   * when something is missing. 3,000 by default.
   */
  readonly lingerMs?: number;
  /** For the first handshake; 5,000 by default. */
  readonly connectTimeoutMs?: number;
  /** Called about once a second. */
  readonly onProgress?: (progress: ProbeProgress) => void;
  /** Called once, when the agent is registered and the first packet is about to be sent. */
  readonly onStart?: () => void;
  /** Called when the connection is lost, back, and so on. */
  readonly onEvent?: (event: RunEvent) => void;
  readonly clock?: Clock;
}

/** What a probe has found; times in milliseconds, rounded to a microsecond. */
export interface ProbeReport extends Measurement {
  /** `signal` ended the run. */
  readonly interrupted: boolean;
  readonly relay: string;
  readonly serviceId: string;
  readonly protocol: ProbeProtocol;
  readonly source: string;
  readonly destination: string;
  /** UDP payload or ICMP data. */
  readonly payloadBytes: number;
  /** The whole inner IP packet. */
  readonly packetBytes: number;
  /** Interval asked for. */
  readonly intervalMs: number;
  /** Packets per second that were really sent; 0 for fewer than 2. */
  readonly sendRate: number;
  /** Percentage of `sent`; 0 when nothing was sent. */
  readonly lossPercent: number;
  /** Replies whose source is not `destination`: existing connectors show the backend's address. */
  readonly fromOtherSource: number;
  /** Connections after the first one. */
  readonly reconnections: number;
  /** What happened to the connection, at most the first 100 events. */
  readonly events: readonly RunEvent[];
}

const defaultLingerMs = 3000;

/**
 * Connects as an agent, sends numbered packets through the tunnel, and counts what comes back. A
 * connection that is lost on the way is made anew and shows as an outage.
 *
 * @throws {ConfigError} when the options cannot work.
 * @throws what `SyntheticAgent.connect` throws when the first connection fails.
 */
export async function runProbe(options: ProbeOptions): Promise<ProbeReport> {
  const { relay, serviceId, protocol, intervalMs, tls, signal, clock = systemClock } = options;
  const { payloadBytes = minimumPayloadBytes, lingerMs = defaultLingerMs } = options;
  checkOptions(options, payloadBytes, lingerMs);
  const flow = createProbeFlow(options);
  const writer = new RequestWriter(flow, serviceId, payloadBytes);
  const run = new ProbeRun({ ...options, lingerMs, clock, flow, writer });
  await using agent = await SyntheticAgent.connect({
    relay,
    tls,
    services: [serviceId],
    clock,
    onPacket: (packet) => run.onPacket(packet),
    onEvent: (event: AgentEvent) => run.onAgentEvent(event),
    ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
    ...(options.connectTimeoutMs === undefined
      ? {}
      : { connectTimeoutMs: options.connectTimeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  const overhead = writer.datagramBytes - payloadBytes;
  if (writer.datagramBytes > agent.maxDatagramLength) {
    throw new ConfigError(
      `Cannot send packets of this size as the connection takes a payload of at most ` +
        `${agent.maxDatagramLength - overhead} bytes for this service: ` +
        `current value is ${payloadBytes}`,
    );
  }
  options.onStart?.();
  const { measurement, fromOtherSource, events } = await run.execute(agent);
  const { sent, lost, sendingMs } = measurement;
  return {
    ...roundTimes(measurement),
    interrupted: signal?.aborted ?? false,
    relay: formatSocketAddress(relay),
    serviceId,
    protocol,
    source: formatFlowEnd(flow, "source"),
    destination: formatFlowEnd(flow, "destination"),
    payloadBytes,
    packetBytes: writer.packetBytes,
    intervalMs,
    sendRate: sendingMs > 0 ? roundMs((sent - 1) * 1000 / sendingMs) : 0,
    lossPercent: sent > 0 ? roundMs(100 * lost / sent) : 0,
    fromOtherSource,
    reconnections: agent.connections - 1,
    events: events.map((event) => ({ ...event, atMs: roundMs(event.atMs) })),
  };
}

function checkOptions(options: ProbeOptions, payloadBytes: number, lingerMs: number): void {
  const { count, durationMs, intervalMs, signal } = options;
  const positive = { intervalMs, lingerMs, count: count ?? 1, durationMs: durationMs ?? 1 };
  for (const [name, value] of Object.entries(positive)) {
    if (value > 0) continue;
    throw new ConfigError(`Cannot probe as "${name}" must be above 0: current value is ${value}`);
  }
  if (count === undefined && durationMs === undefined && signal === undefined) {
    throw new ConfigError(`Cannot probe without an end: give "count", "durationMs" or "signal"`);
  }
  if (
    !Number.isInteger(payloadBytes) || payloadBytes < minimumPayloadBytes ||
    payloadBytes > maximumPayloadBytes
  ) {
    throw new ConfigError(
      `Cannot probe as the payload must have ${minimumPayloadBytes} to ${maximumPayloadBytes} ` +
        `bytes: current value is ${payloadBytes}`,
    );
  }
  const underWay = mostUnderWay(lingerMs, intervalMs);
  if (underWay > largestCapacity) {
    throw new ConfigError(
      `Cannot probe as at most ${largestCapacity} packets may be under way: current value is ` +
        `${underWay}; use a longer interval or wait less long for replies`,
    );
  }
}

function roundTimes(measurement: Measurement): Measurement {
  const { rttMs, outages } = measurement;
  const round = (value: number | null): number | null => value === null ? null : roundMs(value);
  return {
    ...measurement,
    rttMs: {
      min: round(rttMs.min),
      p50: round(rttMs.p50),
      p95: round(rttMs.p95),
      p99: round(rttMs.p99),
      max: round(rttMs.max),
    },
    outagesMs: measurement.outagesMs.map(roundMs),
    outages: outages.map(({ startMs, durationMs, lost }) => ({
      startMs: roundMs(startMs),
      durationMs: roundMs(durationMs),
      lost,
    })),
    longestOutageMs: roundMs(measurement.longestOutageMs),
    longestReplyGapMs: roundMs(measurement.longestReplyGapMs),
    sendingMs: roundMs(measurement.sendingMs),
  };
}

function roundMs(value: number): number {
  return Math.round(value * 1000) / 1000;
}
