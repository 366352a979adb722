import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import { WireError } from "./wire_error.ts";

/** The IP protocol numbers that the codecs know. */
export const ipProtocol = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Length of an IPv4 header without options, in bytes; all headers that we build have it. */
export const ipv4HeaderLength = 20;

/** Largest IPv4 packet, in bytes: the total-length field has 16 bits (RFC 791). */
export const maxIpv4Length = 65_535;

/** What an IPv4 header says (RFC 791). */
export interface Ipv4Header {
  /** Length of the header with its options, in bytes, 20 to 60; the payload starts here. */
  headerLength: number;
  /** Length of header and payload, in bytes; at most the packet's, whose further bytes are noise. */
  totalLength: number;
  /** IP protocol number of the payload, see {@linkcode ipProtocol}. */
  protocol: number;
  /** Source address as an unsigned 32-bit number. */
  source: number;
  /** Destination address as an unsigned 32-bit number. */
  destination: number;
  /** Where this fragment's payload belongs in the original's, in bytes; 0 in a whole packet. */
  fragmentOffset: number;
  /** Whether later fragments of the original follow. */
  moreFragments: boolean;
  /** Time to live, in hops. */
  ttl: number;
  /** Identification, common to the fragments of one packet. */
  identification: number;
}

const tooShort = new WireError("truncated", "Cannot read an IPv4 header as it needs 20 bytes");
const notVersion4 = new WireError("bad_version", "Cannot read an IP packet as it is not version 4");
const shortHeader = new WireError(
  "bad_length",
  "Cannot read an IPv4 header as its length field must be at least 5 words",
);
const truncatedOptions = new WireError(
  "truncated",
  "Cannot read an IPv4 header as the packet ends inside its options",
);
const shortTotal = new WireError(
  "bad_length",
  "Cannot read an IPv4 packet as its total length must cover the header",
);
const truncatedPacket = new WireError(
  "truncated",
  "Cannot read an IPv4 packet as it is shorter than its total length",
);

/**
 * Reads the IPv4 header at the start of `packet`. Offsets in the result count from the start of
 * `packet`. The header checksum is not verified (protocol section 6.1: neither does the reference,
 * and QUIC has authenticated the bytes).
 */
export function parseIpv4(packet: Uint8Array): Ipv4Header | WireError {
  const length = packet.length;
  if (length < ipv4HeaderLength) return tooShort;
  const first = packet[0]!;
  if (first >> 4 !== 4) return notVersion4;
  const headerLength = (first & 0x0f) * 4;
  if (headerLength < ipv4HeaderLength) return shortHeader;
  if (headerLength > length) return truncatedOptions;
  const totalLength = readU16(packet, 2);
  if (totalLength < headerLength) return shortTotal;
  if (totalLength > length) return truncatedPacket;
  const fragment = readU16(packet, 6);
  return {
    headerLength,
    totalLength,
    protocol: packet[9]!,
    source: readU32(packet, 12),
    destination: readU32(packet, 16),
    fragmentOffset: (fragment & 0x1fff) * 8,
    moreFragments: (fragment & 0x2000) !== 0,
    ttl: packet[8]!,
    identification: readU16(packet, 4),
  };
}

/** Whether the packet is one fragment of a larger one, so that its payload is not all there. */
export function isFragment(ip: Ipv4Header): boolean {
  return ip.fragmentOffset !== 0 || ip.moreFragments;
}

/**
 * Writes a 20-byte header over the start of `packet`, for all of `packet`, with the fixed fields of
 * protocol section 6.2: TOS 0, don't fragment. Addresses are unsigned 32-bit numbers.
 *
 * @throws {RangeError} when `packet` does not have 20 to 65 535 bytes
 */
export function writeIpv4Header(
  packet: Uint8Array,
  source: number,
  destination: number,
  protocol: number,
  ttl = 64,
  identification = 0,
): void {
  if (packet.length < ipv4HeaderLength || packet.length > maxIpv4Length) {
    throw new RangeError(
      `Cannot build an IPv4 packet as it must have 20 to 65535 bytes: current value is ${packet.length}`,
    );
  }
  packet[0] = 0x45;
  packet[1] = 0;
  writeU16(packet, 2, packet.length);
  writeU16(packet, 4, identification);
  writeU16(packet, 6, 0x4000);
  packet[8] = ttl;
  packet[9] = protocol;
  writeU16(packet, 10, 0);
  writeU32(packet, 12, source);
  writeU32(packet, 16, destination);
  writeU16(packet, 10, internetChecksum(packet, 0, ipv4HeaderLength));
}

/**
 * Builds an IPv4 packet by the template of protocol section 6.2: no options, TOS 0, don't fragment,
 * TTL 64 and identification 0 unless given. Addresses are unsigned 32-bit numbers.
 *
 * @throws {RangeError} when the payload is longer than 65 515 bytes
 */
export function buildIpv4(
  fields: {
    source: number;
    destination: number;
    protocol: number;
    payload: Uint8Array;
    ttl?: number;
    identification?: number;
  },
): Uint8Array {
  const { source, destination, protocol, payload, ttl = 64, identification = 0 } = fields;
  const packet = new Uint8Array(ipv4HeaderLength + payload.length);
  writeIpv4Header(packet, source, destination, protocol, ttl, identification);
  packet.set(payload, ipv4HeaderLength);
  return packet;
}

/** The dotted-decimal text of an unsigned 32-bit address. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/**
 * The unsigned 32-bit number of a dotted-decimal address, or `undefined` when the text is anything
 * else. Leading zeros are refused: some systems read them as octal.
 */
export function parseIpv4Address(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let address = 0;
  for (let i = 1; i <= 4; i++) {
    const digits = match[i]!;
    const octet = Number(digits);
    if (octet > 255 || (digits.length > 1 && digits.startsWith("0"))) return undefined;
    address = address * 256 + octet;
  }
  return address;
}
