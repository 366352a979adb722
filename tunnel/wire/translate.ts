import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { updateChecksum16, updateChecksum32 } from "./checksum.ts";
import { icmpHeaderLength, icmpType } from "./icmp.ts";
import { ipProtocol, type Ipv4Header, ipv4HeaderLength } from "./ipv4.ts";

const sourceOffset = 12;
const destinationOffset = 16;
const headerChecksumOffset = 10;

/**
 * Replaces the source address of `packet`, in place, and corrects the checksums that cover it: IP
 * header, and TCP or UDP in a whole packet or first fragment (a UDP checksum of 0, none, stays 0).
 * In an ICMP error, the quoted packet's destination is replaced too when it is the old source: the
 * quoted packet travelled the other way (RFC 5508 section 4.2). Checksums are changed by the
 * difference (RFC 1624), so a wrong one stays wrong. `ip` is what {@linkcode parseIpv4} said of this
 * packet and is not changed; `newSource` is an unsigned 32-bit number.
 */
export function rewriteSource(packet: Uint8Array, ip: Ipv4Header, newSource: number): void {
  rewriteAddress(packet, ip, sourceOffset, newSource);
}

/**
 * Replaces the destination address of `packet`, in place, like {@linkcode rewriteSource}; in an
 * ICMP error, also the quoted packet's source when it is the old destination.
 */
export function rewriteDestination(
  packet: Uint8Array,
  ip: Ipv4Header,
  newDestination: number,
): void {
  rewriteAddress(packet, ip, destinationOffset, newDestination);
}

function rewriteAddress(
  packet: Uint8Array,
  ip: Ipv4Header,
  offset: number,
  newAddress: number,
): void {
  const oldAddress = readU32(packet, offset);
  if (oldAddress === newAddress) return;
  writeU32(packet, offset, newAddress);
  const headerChecksum = readU16(packet, headerChecksumOffset);
  const updated = updateChecksum32(headerChecksum, oldAddress, newAddress);
  writeU16(packet, headerChecksumOffset, updated);
  // Later fragments carry no transport header.
  if (ip.fragmentOffset !== 0) return;
  if (ip.protocol === ipProtocol.icmp) {
    const quotedOffset = offset === sourceOffset ? destinationOffset : sourceOffset;
    rewriteQuoted(packet, ip, quotedOffset, oldAddress, newAddress);
    return;
  }
  const at = transportChecksumAt(ip.protocol, ip.headerLength, ip.totalLength);
  if (at < 0) return;
  const checksum = readU16(packet, at);
  writeU16(packet, at, updateTransport(ip.protocol, checksum, oldAddress, newAddress));
}

/** Where the checksum with a pseudo-header is, or -1 when there is none or the packet ends before. */
function transportChecksumAt(protocol: number, transportStart: number, end: number): number {
  let at = -1;
  if (protocol === ipProtocol.udp) at = transportStart + 6;
  else if (protocol === ipProtocol.tcp) at = transportStart + 16;
  return at + 2 <= end ? at : -1;
}

function updateTransport(
  protocol: number,
  checksum: number,
  oldAddress: number,
  newAddress: number,
): number {
  if (protocol !== ipProtocol.udp) return updateChecksum32(checksum, oldAddress, newAddress);
  // 0 means "no checksum" in UDP, so a computed 0 is sent in its other form (RFC 768).
  return checksum === 0 ? 0 : updateChecksum32(checksum, oldAddress, newAddress) || 0xffff;
}

function isIcmpError(type: number): boolean {
  return type === icmpType.destinationUnreachable || type === icmpType.timeExceeded ||
    type === icmpType.parameterProblem || type === icmpType.redirect ||
    type === icmpType.sourceQuench;
}

/**
 * Replaces an address in the packet that an ICMP error quotes. The quote is often cut off after the
 * first 8 bytes of the transport header, so its total length says nothing about what is here.
 */
function rewriteQuoted(
  packet: Uint8Array,
  ip: Ipv4Header,
  addressOffset: number,
  oldAddress: number,
  newAddress: number,
): void {
  const icmp = ip.headerLength;
  const quote = icmp + icmpHeaderLength;
  const end = ip.totalLength;
  if (quote + ipv4HeaderLength > end || !isIcmpError(packet[icmp]!)) return;
  const headerLength = (packet[quote]! & 0x0f) * 4;
  if (packet[quote]! >> 4 !== 4 || headerLength < ipv4HeaderLength) return;
  if (readU32(packet, quote + addressOffset) !== oldAddress) return;

  writeU32(packet, quote + addressOffset, newAddress);
  let icmpChecksum = updateChecksum32(readU16(packet, icmp + 2), oldAddress, newAddress);
  // The ICMP checksum covers the checksums inside the quote as plain data.
  const replaceChecksum = (at: number, oldValue: number, newValue: number): void => {
    writeU16(packet, at, newValue);
    icmpChecksum = updateChecksum16(icmpChecksum, oldValue, newValue);
  };
  const headerAt = quote + headerChecksumOffset;
  const header = readU16(packet, headerAt);
  replaceChecksum(headerAt, header, updateChecksum32(header, oldAddress, newAddress));
  const isFirstFragment = (readU16(packet, quote + 6) & 0x1fff) === 0;
  const protocol = packet[quote + 9]!;
  const at = isFirstFragment ? transportChecksumAt(protocol, quote + headerLength, end) : -1;
  if (at >= 0) {
    const checksum = readU16(packet, at);
    replaceChecksum(at, checksum, updateTransport(protocol, checksum, oldAddress, newAddress));
  }
  writeU16(packet, icmp + 2, icmpChecksum);
}
