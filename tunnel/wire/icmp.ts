import { readU16, writeU16 } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import {
  ipProtocol,
  type Ipv4Header,
  ipv4HeaderLength,
  isFragment,
  writeIpv4Header,
} from "./ipv4.ts";
import { WireError } from "./wire_error.ts";

/** The ICMP message types that the codecs know (RFC 792). */
export const icmpType = {
  echoReply: 0,
  destinationUnreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Length of the part of an ICMP message before its data, in bytes. */
export const icmpHeaderLength = 8;

/** An echo request or reply (RFC 792), with its data's place in the IP packet. */
export interface IcmpEcho {
  /** Which of the two it is. */
  kind: "request" | "reply";
  /** Identifies the pinging program, 0 to 65 535. */
  identifier: number;
  /** Counts that program's requests, 0 to 65 535. */
  sequence: number;
  /** Offset of the first data byte in the packet. */
  dataStart: number;
  /** Offset after the last data byte in the packet. */
  dataEnd: number;
}

const notIcmp = new WireError(
  "unknown_type",
  "Cannot read an ICMP message as the protocol is not 1",
);
const fragment = new WireError(
  "fragment",
  "Cannot read an ICMP message as the packet is a fragment",
);
const tooShort = new WireError("truncated", "Cannot read an ICMP message as it needs 8 bytes");
const notEcho = new WireError(
  "unknown_type",
  "Cannot read an ICMP echo as the type must be 8 or 0 and the code 0",
);
const notRequest = new WireError("unknown_type", "Cannot answer an ICMP echo as it is a reply");

/** Reads an ICMP echo request or reply; any other ICMP message is a `WireError`. */
export function parseIcmpEcho(packet: Uint8Array, ip: Ipv4Header): IcmpEcho | WireError {
  if (ip.protocol !== ipProtocol.icmp) return notIcmp;
  if (isFragment(ip)) return fragment;
  const start = ip.headerLength;
  if (start + icmpHeaderLength > ip.totalLength) return tooShort;
  const type = packet[start]!;
  const isRequest = type === icmpType.echoRequest;
  if ((!isRequest && type !== icmpType.echoReply) || packet[start + 1] !== 0) return notEcho;
  return {
    kind: isRequest ? "request" : "reply",
    identifier: readU16(packet, start + 4),
    sequence: readU16(packet, start + 6),
    dataStart: start + icmpHeaderLength,
    dataEnd: ip.totalLength,
  };
}

/**
 * Builds the packet that answers an echo request (protocol section 6.4): addresses swapped,
 * identifier, sequence and data kept, header by the template of section 6.2.
 */
export function buildIcmpEchoReply(packet: Uint8Array, ip: Ipv4Header): Uint8Array | WireError {
  const echo = parseIcmpEcho(packet, ip);
  if (echo instanceof WireError) return echo;
  if (echo.kind !== "request") return notRequest;
  return buildEcho(
    icmpType.echoReply,
    ip.destination,
    ip.source,
    echo.identifier,
    echo.sequence,
    packet.subarray(echo.dataStart, echo.dataEnd),
  );
}

/**
 * Builds an IPv4 packet with an ICMP echo request. Addresses are unsigned 32-bit numbers,
 * identifier and sequence 0 to 65 535.
 *
 * @throws {RangeError} when the data is longer than 65 507 bytes
 */
export function buildIcmpEchoRequest(
  fields: {
    source: number;
    destination: number;
    identifier: number;
    sequence: number;
    data: Uint8Array;
  },
): Uint8Array {
  const { source, destination, identifier, sequence, data } = fields;
  return buildEcho(icmpType.echoRequest, source, destination, identifier, sequence, data);
}

function buildEcho(
  type: number,
  source: number,
  destination: number,
  identifier: number,
  sequence: number,
  data: Uint8Array,
): Uint8Array {
  const start = ipv4HeaderLength;
  const packet = new Uint8Array(start + icmpHeaderLength + data.length);
  writeIpv4Header(packet, source, destination, ipProtocol.icmp);
  packet[start] = type;
  writeU16(packet, start + 4, identifier);
  writeU16(packet, start + 6, sequence);
  packet.set(data, start + icmpHeaderLength);
  writeU16(packet, start + 2, internetChecksum(packet, start, packet.length));
  return packet;
}
