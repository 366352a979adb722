/**
 * What the relay looks at in the packets that it carries: addresses, and what tells flows apart.
 *
 * Payloads are opaque to the protocol (section 2.6), so everything is accepted. As IPv4 counts
 * what a connector might take for it, also when its lengths contradict each other: a packet must
 * not escape translation, and with it pass for another agent's, by being malformed.
 */

import { readU16, readU32 } from "../tunnel/wire/bytes.ts";
import { icmpType } from "../tunnel/wire/icmp.ts";
import { ipProtocol, type Ipv4Header, ipv4HeaderLength, parseIpv4 } from "../tunnel/wire/ipv4.ts";
import { rewriteDestination, rewriteSource } from "../tunnel/wire/translate.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";

/** Whether a connector would read addresses from `packet`: version 4 and room for a header. */
export function isIpv4(packet: Uint8Array): boolean {
  return packet.length >= ipv4HeaderLength && packet[0]! >> 4 === 4;
}

/** The source address of a packet that {@linkcode isIpv4}, as an unsigned 32-bit number. */
export function sourceAddress(packet: Uint8Array): number {
  return readU32(packet, 12);
}

/** The destination address of a packet that {@linkcode isIpv4}, as an unsigned 32-bit number. */
export function destinationAddress(packet: Uint8Array): number {
  return readU32(packet, 16);
}

/** The IP protocol number of `packet`, or -1 when it is not IPv4. */
export function innerProtocol(packet: Uint8Array): number {
  return isIpv4(packet) ? packet[9]! : -1;
}

/** Replaces the source address of an IPv4 packet in place, with all checksums that cover it. */
export function replaceSource(packet: Uint8Array, address: number): void {
  rewriteSource(packet, headerOf(packet), address);
}

/** Replaces the destination address of an IPv4 packet in place, with all checksums that cover it. */
export function replaceDestination(packet: Uint8Array, address: number): void {
  rewriteDestination(packet, headerOf(packet), address);
}

/** No protocol has this number (IANA: reserved), so nothing beyond the IP header is changed. */
const noProtocol = 255;

function headerOf(packet: Uint8Array): Ipv4Header {
  const ip = parseIpv4(packet);
  if (!isWireError(ip)) return ip;
  return {
    headerLength: ipv4HeaderLength,
    totalLength: packet.length,
    protocol: noProtocol,
    source: sourceAddress(packet),
    destination: destinationAddress(packet),
    fragmentOffset: 0,
    moreFragments: false,
    ttl: packet[8]!,
    identification: readU16(packet, 4),
  };
}

/**
 * A 32-bit number that is the same for all packets of a flow: protocol, addresses, and ports or
 * ICMP identifier. Fragments have the addresses only, so that all of one packet stay together, and
 * everything that is not IPv4 is one flow. Allocates nothing.
 *
 * @param seed Secret per process and different per service: which flows collide must not be
 * predictable, or an agent could make its own lookups slow for everybody.
 */
export function flowKey(packet: Uint8Array, seed: number): number {
  if (!isIpv4(packet)) return seed | 0;
  const protocol = packet[9]!;
  let hash = mix(seed ^ protocol, readU32(packet, 12));
  hash = mix(hash, readU32(packet, 16));
  // "More fragments" and the offset; "don't fragment" does not matter.
  if ((readU16(packet, 6) & 0x3fff) === 0) {
    const start = (packet[0]! & 0x0f) * 4;
    if (protocol === ipProtocol.udp || protocol === ipProtocol.tcp) {
      if (start + 4 <= packet.length) hash = mix(hash, readU32(packet, start));
    } else if (protocol === ipProtocol.icmp && start + 8 <= packet.length) {
      const type = packet[start]!;
      if (type === icmpType.echoRequest || type === icmpType.echoReply) {
        hash = mix(hash, readU16(packet, start + 4));
      }
    }
  }
  return hash;
}

/** One round of MurmurHash3 (public domain): mixes 32 bits into a hash. */
function mix(hash: number, word: number): number {
  let block = Math.imul(word, 0xcc9e2d51);
  block = (block << 15) | (block >>> 17);
  const mixed = hash ^ Math.imul(block, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
