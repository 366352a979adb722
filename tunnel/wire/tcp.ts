import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import {
  ipProtocol,
  type Ipv4Header,
  ipv4HeaderLength,
  isFragment,
  writeIpv4Header,
} from "./ipv4.ts";
import {
  parseTcpOptions,
  type TcpOptions,
  tcpOptionsLength,
  writeTcpOptions,
} from "./tcp_options.ts";
import { WireError } from "./wire_error.ts";

/** The bits of a TCP header's flags byte (RFC 9293 section 3.1). */
export const tcpFlag = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

const minTcpHeaderLength = 20;

/** What a TCP header says (RFC 9293 section 3.1), with the payload's place in the IP packet. */
export interface TcpHeader {
  /** Port of the sender. */
  sourcePort: number;
  /** Port of the receiver. */
  destinationPort: number;
  /** Sequence number of the first payload byte (or of SYN), unsigned 32 bits. */
  sequence: number;
  /** Next sequence number that the sender expects, unsigned 32 bits; means nothing without ACK. */
  acknowledgment: number;
  /** Sum of {@linkcode tcpFlag} bits. */
  flags: number;
  /** Receive window as sent, before window scaling. */
  window: number;
  /** Checksum as received; not verified, see {@linkcode isTcpChecksumValid}. */
  checksum: number;
  /** Urgent pointer; means nothing without URG. */
  urgentPointer: number;
  /** Offset of the first option byte in the packet. */
  optionsStart: number;
  /** Offset of the first payload byte in the packet, also the end of the options. */
  payloadStart: number;
  /** Offset after the last payload byte in the packet. */
  payloadEnd: number;
}

const notTcp = new WireError("unknown_type", "Cannot read a TCP header as the protocol is not 6");
const fragment = new WireError("fragment", "Cannot read a TCP segment as the packet is a fragment");
const tooShort = new WireError("truncated", "Cannot read a TCP header as it needs 20 bytes");
const badOffset = new WireError(
  "bad_length",
  "Cannot read a TCP header as its length field must be at least 5 words",
);
const truncated = new WireError(
  "truncated",
  "Cannot read a TCP header as the packet ends inside its options",
);

/** Reads the TCP header of a packet whose IP header {@linkcode parseIpv4} has read. */
export function parseTcp(packet: Uint8Array, ip: Ipv4Header): TcpHeader | WireError {
  if (ip.protocol !== ipProtocol.tcp) return notTcp;
  if (isFragment(ip)) return fragment;
  const start = ip.headerLength;
  if (start + minTcpHeaderLength > ip.totalLength) return tooShort;
  const headerLength = (packet[start + 12]! >> 4) * 4;
  if (headerLength < minTcpHeaderLength) return badOffset;
  if (start + headerLength > ip.totalLength) return truncated;
  return {
    sourcePort: readU16(packet, start),
    destinationPort: readU16(packet, start + 2),
    sequence: readU32(packet, start + 4),
    acknowledgment: readU32(packet, start + 8),
    flags: packet[start + 13]!,
    window: readU16(packet, start + 14),
    checksum: readU16(packet, start + 16),
    urgentPointer: readU16(packet, start + 18),
    optionsStart: start + minTcpHeaderLength,
    payloadStart: start + headerLength,
    payloadEnd: ip.totalLength,
  };
}

/** The options of a segment; apart from {@linkcode parseTcp} since most segments need none. */
export function readTcpOptions(packet: Uint8Array, tcp: TcpHeader): TcpOptions {
  return parseTcpOptions(packet, tcp.optionsStart, tcp.payloadStart);
}

/** Whether the checksum of a whole TCP segment is right. */
export function isTcpChecksumValid(packet: Uint8Array, ip: Ipv4Header): boolean {
  const length = ip.totalLength - ip.headerLength;
  const pseudo = pseudoHeaderSum(ip.source, ip.destination, ipProtocol.tcp, length);
  return internetChecksum(packet, ip.headerLength, ip.totalLength, pseudo) === 0;
}

/** What a segment to be built contains; addresses and sequence numbers are unsigned 32 bits. */
export interface TcpSegment {
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
  /** Sum of {@linkcode tcpFlag} bits. */
  flags: number;
  /** Window field, 0 to 65 535, after window scaling. */
  window: number;
  /** None by default. */
  options?: TcpOptions;
  /** Empty by default. */
  payload?: Uint8Array;
}

const noPayload = new Uint8Array(0);

/**
 * Builds a whole IPv4/TCP packet with a correct checksum, the IP header by the template of protocol
 * section 6.2.
 *
 * @throws {RangeError} when the packet would be longer than 65 535 bytes
 */
export function buildTcpPacket(segment: TcpSegment): Uint8Array {
  const { source, destination, options = {}, payload = noPayload } = segment;
  const headerLength = minTcpHeaderLength + tcpOptionsLength(options);
  const start = ipv4HeaderLength;
  const packet = new Uint8Array(start + headerLength + payload.length);
  writeIpv4Header(packet, source, destination, ipProtocol.tcp);
  writeU16(packet, start, segment.sourcePort);
  writeU16(packet, start + 2, segment.destinationPort);
  writeU32(packet, start + 4, segment.sequence);
  writeU32(packet, start + 8, segment.acknowledgment);
  packet[start + 12] = (headerLength / 4) << 4;
  packet[start + 13] = segment.flags;
  writeU16(packet, start + 14, segment.window);
  writeTcpOptions(packet, start + minTcpHeaderLength, options);
  packet.set(payload, start + headerLength);
  const length = headerLength + payload.length;
  const pseudo = pseudoHeaderSum(source, destination, ipProtocol.tcp, length);
  writeU16(packet, start + 16, internetChecksum(packet, start, packet.length, pseudo));
  return packet;
}
