import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  classifyDirectPacket,
  type ConnectivityCheck,
  decodeConnectivityCheck,
  encodeConnectivityCheck,
} from "./connectivity_check.ts";
import {
  decodeObservedAddress,
  decodeRegistration,
  decodeRegistrationReply,
  decodeRouted,
  encodeObservedAddress,
  encodeRegistration,
  encodeRegistrationReply,
  encodeRouted,
  nackStatus,
} from "./datagram_message.ts";
import { buildIcmpEchoReply, buildIcmpEchoRequest, parseIcmpEcho } from "./icmp.ts";
import { formatIpv4, type Ipv4Header, parseIpv4, parseIpv4Address } from "./ipv4.ts";
import { encodeSignalingFrame } from "./signaling.ts";
import { SignalingDecoder } from "./signaling_decoder.ts";
import { buildTcpPacket, isTcpChecksumValid, parseTcp, tcpFlag } from "./tcp.ts";
import { buildUdpPacket, parseUdp } from "./udp.ts";
import { isWireError, WireError } from "./wire_error.ts";

/** One test vector: bytes, and the facts that its codec must find in them. */
interface Vector {
  id: string;
  title: string;
  codec: string;
  hex: string;
  /** The decoded fields, or `{ error: code }`. */
  expect?: unknown;
  /** What a receiver answers. */
  answer?: string;
  /** Whether the decoded fields encode to exactly `hex`. */
  canonical?: boolean;
  /** How the demultiplexer of direct paths classifies the packet. */
  kind?: string;
  /** Bytes that the stream decoder keeps. */
  pendingBytes?: number;
}

/** What a codec made of a vector, and the bytes that it makes of that. */
interface Outcome {
  decoded: unknown;
  encoded?: Uint8Array | WireError;
  answer?: Uint8Array | WireError;
}

const vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors.json", import.meta.url)),
) as Vector[];

/** A value as the data file writes it: hex, decimal strings for 64 bits, null for nothing. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, field: unknown) => {
      if (field instanceof Uint8Array) return field.toHex();
      if (field instanceof WireError) return { error: field.code };
      if (typeof field === "bigint") return `${field}`;
      return field === undefined ? null : field;
    }),
  );
}

function registration(data: Uint8Array): Outcome {
  const decoded = decodeRegistration(data);
  if (!isWireError(decoded)) {
    const { role, serviceId } = decoded;
    const answer = encodeRegistrationReply({ accepted: true, status: 0, serviceId });
    return { decoded, encoded: encodeRegistration(role, serviceId), answer };
  }
  if (decoded.code !== "bad_utf8") return { decoded };
  const refusal = { accepted: false, status: nackStatus.invalid, serviceId: "" };
  return { decoded, answer: encodeRegistrationReply(refusal) };
}

/** Runs `decode` on a packet whose IP header is sound. */
function withIp(data: Uint8Array, decode: (ip: Ipv4Header) => Outcome): Outcome {
  const ip = parseIpv4(data);
  return isWireError(ip) ? { decoded: ip } : decode(ip);
}

function udp(data: Uint8Array, ip: Ipv4Header): Outcome {
  const header = parseUdp(data, ip);
  if (isWireError(header)) return { decoded: header };
  const { sourcePort, destinationPort, payloadStart, payloadEnd } = header;
  const { source, destination } = ip;
  const payload = data.slice(payloadStart, payloadEnd);
  const fields = { source, sourcePort, destination, destinationPort, payload };
  return {
    decoded: { ...fields, source: formatIpv4(source), destination: formatIpv4(destination) },
    encoded: buildUdpPacket({ ...fields, checksum: header.checksum !== 0 }),
  };
}

function icmp(data: Uint8Array, ip: Ipv4Header): Outcome {
  const echo = parseIcmpEcho(data, ip);
  if (isWireError(echo)) return { decoded: echo };
  const { kind, identifier, sequence } = echo;
  const payload = data.slice(echo.dataStart, echo.dataEnd);
  const { source, destination } = ip;
  return {
    decoded: { kind, identifier, sequence, data: payload },
    encoded: buildIcmpEchoRequest({ source, destination, identifier, sequence, data: payload }),
    answer: buildIcmpEchoReply(data, ip),
  };
}

function tcp(data: Uint8Array, ip: Ipv4Header): Outcome {
  const header = parseTcp(data, ip);
  if (isWireError(header)) return { decoded: header };
  assert(isTcpChecksumValid(data, ip), "TCP checksum");
  const { sourcePort, destinationPort, sequence, acknowledgment, flags, window } = header;
  const { source, destination } = ip;
  const payload = data.slice(header.payloadStart, header.payloadEnd);
  const fields = { sourcePort, destinationPort, sequence, acknowledgment, window, payload };
  const names = Object.entries(tcpFlag).filter(([, bit]) => (flags & bit) !== 0);
  return {
    decoded: {
      ...fields,
      source: formatIpv4(source),
      destination: formatIpv4(destination),
      flags: names.map(([name]) => name),
    },
    encoded: buildTcpPacket({ ...fields, source, destination, flags }),
  };
}

/** What the connector answers to a control packet from 203.0.113.5:54321. */
function answerCheck(check: ConnectivityCheck): Uint8Array | WireError {
  if (check.type !== "bindingRequest") {
    return encodeConnectivityCheck({ ...check, type: "keepaliveResponse" } as ConnectivityCheck);
  }
  return encodeConnectivityCheck({
    type: "bindingResponse",
    transactionId: check.transactionId,
    success: true,
    mappedAddress: { hostname: "203.0.113.5", port: 54_321 },
  });
}

function connectivityCheck(data: Uint8Array): Outcome {
  const decoded = decodeConnectivityCheck(data);
  if (isWireError(decoded)) return { decoded };
  return { decoded, encoded: encodeConnectivityCheck(decoded), answer: answerCheck(decoded) };
}

function signaling(data: Uint8Array): Outcome {
  const { messages, error } = new SignalingDecoder().push(data);
  if (error !== undefined) return { decoded: error };
  const frames = messages.map((message) => {
    const frame = encodeSignalingFrame(message);
    assert(!isWireError(frame));
    return [...frame];
  });
  return { decoded: { messages }, encoded: Uint8Array.from(frames.flat()) };
}

const codecs: Record<string, (data: Uint8Array) => Outcome> = {
  observedAddress: (data) => {
    const decoded = decodeObservedAddress(data);
    return isWireError(decoded)
      ? { decoded }
      : { decoded, encoded: encodeObservedAddress(decoded) };
  },
  registration,
  registrationReply: (data) => {
    const decoded = decodeRegistrationReply(data);
    return isWireError(decoded)
      ? { decoded }
      : { decoded, encoded: encodeRegistrationReply(decoded) };
  },
  routed: (data) => {
    const decoded = decodeRouted(data);
    return isWireError(decoded)
      ? { decoded }
      : { decoded, encoded: encodeRouted(decoded.serviceId, decoded.packet) };
  },
  udp: (data) => withIp(data, (ip) => udp(data, ip)),
  icmp: (data) => withIp(data, (ip) => icmp(data, ip)),
  tcp: (data) => withIp(data, (ip) => tcp(data, ip)),
  connectivityCheck,
  signaling,
};

describe("protocol vectors", () => {
  for (const vector of vectors) {
    // Retry tokens are the endpoint's own; its test reads the same file.
    if (vector.codec === "retryToken") continue;
    it(`${vector.id}: ${vector.title}`, () => {
      const data = Uint8Array.fromHex(vector.hex);
      const outcome = codecs[vector.codec]!(data);
      assertEquals(plain(outcome.decoded), vector.expect);
      if (vector.canonical) assertEquals(plain(outcome.encoded), vector.hex);
      if (vector.answer !== undefined) assertEquals(plain(outcome.answer), vector.answer);
      if (vector.kind !== undefined) assertEquals(classifyDirectPacket(data), vector.kind);
      if (vector.pendingBytes !== undefined) {
        const decoder = new SignalingDecoder();
        decoder.push(data);
        assertEquals(decoder.bufferedBytes, vector.pendingBytes);
      }
    });
  }

  it("cover all groups of the protocol's section 13", () => {
    const counts: Record<string, number> = {};
    for (const { id } of vectors) counts[id[0]!] = (counts[id[0]!] ?? 0) + 1;
    assertEquals(counts, { D: 21, I: 16, T: 15, P: 12, S: 21, K: 2 });
  });

  it("I16: an echo reply is not answered", () => {
    const data = Uint8Array.fromHex(vectors.find((vector) => vector.id === "I16")!.hex);
    assertEquals(plain(icmp(data, parseIpv4(data) as Ipv4Header).answer), {
      error: "unknown_type",
    });
  });

  it("T11 and T15: a refused SYN is answered with these bytes", () => {
    const [source, destination] = ["10.100.0.1", "192.168.1.100"].map(parseIpv4Address);
    for (const [id, synSequence] of [["T11", 1000], ["T15", 0xffffffff]] as const) {
      const packet = buildTcpPacket({
        source: source!,
        sourcePort: 80,
        destination: destination!,
        destinationPort: 54_321,
        sequence: 0,
        acknowledgment: synSequence + 1,
        flags: tcpFlag.rst | tcpFlag.ack,
        window: 0,
      });
      assertEquals(packet.toHex(), vectors.find((vector) => vector.id === id)!.hex);
    }
  });
});
