import { readU16, writeU16, writeU32 } from "./bytes.ts";
import { formatIpv4, parseIpv4Address } from "./ipv4.ts";

/** An IP address in text form and a port, as messages carry them; never a name. */
export interface IpEndpoint {
  /** `a.b.c.d`, or IPv6 text without brackets. */
  readonly hostname: string;
  /** UDP port, 0 to 65 535. */
  readonly port: number;
}

/** Whether a number can be a port: an integer, 0 to 65 535. */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

/**
 * The 16 bytes of an IPv6 address in any text form of RFC 4291 section 2.2 (no brackets, no zone),
 * or `undefined` when the text is anything else.
 */
export function parseIpv6Address(text: string): Uint8Array | undefined {
  // The longest form, six groups and a dotted IPv4 address, has 45 characters.
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const isCompressed = halves.length === 2;
  const head = parseGroups(halves[0]!, !isCompressed);
  const tail = isCompressed ? parseGroups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  // "::" stands for at least one group.
  if (isCompressed ? length > 7 : length !== 8) return undefined;
  const address = new Uint8Array(16);
  head.forEach((group, i) => writeU16(address, 2 * i, group));
  tail.forEach((group, i) => writeU16(address, 16 - 2 * (tail.length - i), group));
  return address;
}

/** The 16-bit groups of a part of an address; only the last part may end in an IPv4 address. */
function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === "") return [];
  const words = text.split(":");
  const groups: number[] = [];
  for (const [i, word] of words.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(word)) {
      groups.push(parseInt(word, 16));
      continue;
    }
    const ipv4 = isLast && i === words.length - 1 ? parseIpv4Address(word) : undefined;
    if (ipv4 === undefined) return undefined;
    groups.push(ipv4 >>> 16, ipv4 & 0xffff);
  }
  return groups;
}

/** The text of 16 address bytes by RFC 5952; an IPv4-mapped one as `::ffff:a.b.c.d`. */
export function formatIpv6(address: Uint8Array): string {
  const mapped = mappedIpv4(address);
  if (mapped !== undefined) return `::ffff:${formatIpv4(mapped)}`;
  const groups = Array.from({ length: 8 }, (_, i) => readU16(address, 2 * i));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = groups.map((group) => group.toString(16));
  if (best.length === 1) return text.join(":");
  const after = best.start + best.length;
  return `${text.slice(0, best.start).join(":")}::${text.slice(after).join(":")}`;
}

/** The IPv4 address inside 16 bytes of the form `::ffff:a.b.c.d`, as an unsigned 32-bit number. */
function mappedIpv4(address: Uint8Array): number | undefined {
  const isMapped = address.subarray(0, 10).every((byte) => byte === 0) &&
    readU16(address, 10) === 0xffff;
  return isMapped ? readU16(address, 12) * 0x10000 + readU16(address, 14) : undefined;
}

/**
 * The unsigned 32-bit number of an address that is IPv4, also when it is written as IPv4-mapped
 * IPv6 (as a dual-stack socket reports its peers); `undefined` for any other text.
 */
export function parseIpv4OrMapped(text: string): number | undefined {
  const ipv4 = parseIpv4Address(text);
  if (ipv4 !== undefined) return ipv4;
  const ipv6 = parseIpv6Address(text);
  return ipv6 === undefined ? undefined : mappedIpv4(ipv6);
}

/** The 4 or 16 bytes of an address in text form, a zone (`%eth0`) left out, or `undefined`. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const ipv4 = parseIpv4Address(text);
  if (ipv4 === undefined) return parseIpv6Address(text.split("%", 1)[0]!);
  const address = new Uint8Array(4);
  writeU32(address, 0, ipv4);
  return address;
}
