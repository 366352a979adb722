import { readU16, writeU16 } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import {
  ipProtocol,
  type Ipv4Header,
  ipv4HeaderLength,
  isFragment,
  writeIpv4Header,
} from "./ipv4.ts";
import { WireError } from "./wire_error.ts";

const udpHeaderLength = 8;

/** What a UDP header says (RFC 768), with the payload's place in the IP packet. */
export interface UdpHeader {
  /** Port of the sender. */
  sourcePort: number;
  /** Port of the receiver. */
  destinationPort: number;
  /** Offset of the first payload byte in the packet. */
  payloadStart: number;
  /** Offset after the last payload byte in the packet; by the UDP length, not the IP length. */
  payloadEnd: number;
  /** Checksum as received, 0 for none; not verified. */
  checksum: number;
}

const notUdp = new WireError("unknown_type", "Cannot read a UDP header as the protocol is not 17");
const fragment = new WireError(
  "fragment",
  "Cannot read a UDP datagram as the packet is a fragment",
);
const tooShort = new WireError("truncated", "Cannot read a UDP header as it needs 8 bytes");
const badLength = new WireError(
  "bad_length",
  "Cannot read a UDP datagram as its length is below 8",
);
const truncated = new WireError(
  "truncated",
  "Cannot read a UDP datagram as it is longer than the packet around it",
);

/**
 * Reads the UDP header of a packet whose IP header {@linkcode parseIpv4} has read. Bytes after the
 * UDP length are not part of the payload (protocol section 6.2).
 */
export function parseUdp(packet: Uint8Array, ip: Ipv4Header): UdpHeader | WireError {
  if (ip.protocol !== ipProtocol.udp) return notUdp;
  if (isFragment(ip)) return fragment;
  const start = ip.headerLength;
  if (start + udpHeaderLength > ip.totalLength) return tooShort;
  const length = readU16(packet, start + 4);
  if (length < udpHeaderLength) return badLength;
  if (start + length > ip.totalLength) return truncated;
  return {
    sourcePort: readU16(packet, start),
    destinationPort: readU16(packet, start + 2),
    payloadStart: start + udpHeaderLength,
    payloadEnd: start + length,
    checksum: readU16(packet, start + 6),
  };
}

/** Largest UDP payload in an IPv4 packet without options, in bytes. */
export const maxUdpPayloadLength = 65_507;

/**
 * Builds a whole IPv4/UDP packet by the template of protocol section 6.2, with a correct UDP
 * checksum, or none (0) when `checksum` is false as the reference does. Addresses are unsigned
 * 32-bit numbers. The packet is built at the start of `target` when that is given, and is a view of
 * it: a caller whose packets are copied at once need not pay for a new buffer each (1.5 µs of 2.2).
 *
 * @throws {RangeError} when the payload is longer than {@linkcode maxUdpPayloadLength}, or the packet
 * than `target`
 */
export function buildUdpPacket(
  fields: {
    source: number;
    sourcePort: number;
    destination: number;
    destinationPort: number;
    payload: Uint8Array;
    checksum?: boolean;
    target?: Uint8Array;
  },
): Uint8Array {
  const { source, destination, payload, target } = fields;
  const length = udpHeaderLength + payload.length;
  const total = ipv4HeaderLength + length;
  if (target !== undefined && target.length < total) {
    throw new RangeError(
      `Cannot build a UDP packet as its target must have ${total} bytes: current value is ${target.length}`,
    );
  }
  const packet = target === undefined ? new Uint8Array(total) : target.subarray(0, total);
  writeIpv4Header(packet, source, destination, ipProtocol.udp);
  writeU16(packet, ipv4HeaderLength, fields.sourcePort);
  writeU16(packet, ipv4HeaderLength + 2, fields.destinationPort);
  writeU16(packet, ipv4HeaderLength + 4, length);
  writeU16(packet, ipv4HeaderLength + 6, 0);
  packet.set(payload, ipv4HeaderLength + udpHeaderLength);
  if (fields.checksum ?? true) {
    const pseudo = pseudoHeaderSum(source, destination, ipProtocol.udp, length);
    // A sum of 0 is sent as its other form: 0 would mean "no checksum" (RFC 768).
    const sum = internetChecksum(packet, ipv4HeaderLength, packet.length, pseudo) || 0xffff;
    writeU16(packet, ipv4HeaderLength + 6, sum);
  }
  return packet;
}
