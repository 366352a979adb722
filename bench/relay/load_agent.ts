/** The load: one agent that sends inner UDP packets through the relay. */
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import type { QuicConnection } from "../../tunnel/quic/connection.ts";
import {
  decodeRegistrationReply,
  encodeRegistration,
  encodeRouted,
} from "../../tunnel/wire/datagram_message.ts";
import { parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { type Answer, serveCommands } from "../worker.ts";

const [directory, relayPort] = Deno.args;
const source = parseIpv4Address("100.64.0.1")!;
const destination = parseIpv4Address("10.100.0.1")!;
const headerBytes = 28;
const discard = "bench-discard";
const echo = "bench-echo";
/** DATAGRAMs handed over before the event loop gets its turn. */
const burst = 32;

let onReply: (packet: Uint8Array) => void = () => {};
const endpoint = QuicEndpoint.bind({ hostname: "127.0.0.1", port: 0 });

const agent = await new Promise<QuicConnection>((resolve, reject) => {
  const acknowledged = new Set<string>();
  endpoint.connect({
    remote: { hostname: "127.0.0.1", port: Number(relayPort) },
    serverName: "ztna-server",
    tls: {
      identity: { certificateFile: `${directory}/agent.pem`, keyFile: `${directory}/agent.key` },
      caFile: `${directory}/ca.pem`,
      verifyPeer: true,
    },
    handler: {
      onEstablished(connection): void {
        connection.keepAlive(5_000);
        for (const service of [discard, echo]) {
          connection.sendDatagram(encodeRegistration("agent", service) as Uint8Array);
        }
      },
      onDatagram(connection, data): void {
        const reply = decodeRegistrationReply(data);
        if (isWireError(reply)) return onReply(data);
        if (reply.accepted && acknowledged.add(reply.serviceId).size === 2) resolve(connection);
      },
      onClosed: (_, reason) => reject(new Error(`Relay has gone: ${JSON.stringify(reason)}`)),
    },
  });
});

/** A message whose inner IP packet has `bytes` bytes. */
function message(service: string, bytes: number, sourcePort: number): Uint8Array {
  const payload = new Uint8Array(bytes - headerBytes);
  const packet = buildUdpPacket({
    source,
    sourcePort,
    destination,
    destinationPort: 9,
    payload,
  });
  if (isWireError(packet)) throw new Error(packet.message);
  return encodeRouted(service, packet) as Uint8Array;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Called with the time since the start in ms, and what was sent by then; often. */
type Watcher = (elapsedMs: number, sent: number) => void;

/** Sends as fast as the congestion window lets it, or `perSecond`. */
async function send(
  bytes: number,
  seconds: number,
  perSecond = Infinity,
  watch: Watcher = () => {},
): Promise<Answer> {
  const data = message(discard, bytes, 5000);
  const start = performance.now();
  let sent = 0;
  for (;;) {
    const elapsedMs = performance.now() - start;
    watch(elapsedMs, sent);
    if (elapsedMs >= seconds * 1000) break;
    const due = Math.min(perSecond * elapsedMs / 1000, sent + burst);
    let isFull = agent.datagramsWaiting > burst;
    while (!isFull && sent < due) {
      isFull = agent.sendDatagram(data) !== "queued";
      if (!isFull) sent += 1;
    }
    if (sent >= due && perSecond !== Infinity) await pause(1);
    else await nextTurn();
  }
  return { sent, seconds: (performance.now() - start) / 1000 };
}

/** Sends as fast as it can, and counts what has left in each second: `second0` and so on. */
async function sendBySeconds(bytes: number, seconds: number): Promise<Answer> {
  const counts: Record<string, number> = {};
  let second = 0;
  let sentBefore = 0;
  await send(bytes, seconds + 0.1, Infinity, (elapsedMs, sent) => {
    if (elapsedMs < 1000 * (second + 1) || second === seconds) return;
    counts[`second${second}`] = sent - sentBefore;
    sentBefore = sent;
    second += 1;
  });
  return counts;
}

/** Round trips to the echoing backend, one at a time a millisecond. */
async function roundTrips(bytes: number, count: number): Promise<Answer> {
  const data = message(echo, bytes, 6000);
  const sequenceAt = data.length - 4;
  const view = new DataView(data.buffer, data.byteOffset);
  const sentAt: number[] = [];
  const times: number[] = [];
  onReply = (packet) => {
    if (packet.length < bytes) return;
    const reply = new DataView(packet.buffer, packet.byteOffset);
    times.push(performance.now() - sentAt[reply.getUint32(bytes - 4)]!);
  };
  const start = performance.now();
  while (sentAt.length < count) {
    const due = performance.now() - start;
    while (sentAt.length < due && sentAt.length < count) {
      // Checksum 0: the payload changes with each packet.
      view.setUint32(sequenceAt, sentAt.length);
      view.setUint16(data.length - bytes + 26, 0);
      sentAt.push(performance.now());
      agent.sendDatagram(data);
    }
    await pause(1);
  }
  await pause(200);
  onReply = () => {};
  times.sort((a, b) => a - b);
  const at = (quantile: number) => times[Math.floor(quantile * (times.length - 1))] ?? NaN;
  return { sent: count, received: times.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

await serveCommands({
  flood: ({ bytes, seconds }) => send(bytes!, seconds!),
  floodBySeconds: ({ bytes, seconds }) => sendBySeconds(bytes!, seconds!),
  rate: ({ bytes, seconds, perSecond }) => send(bytes!, seconds!, perSecond!),
  roundTrips: ({ bytes, count }) => roundTrips(bytes!, count!),
});
