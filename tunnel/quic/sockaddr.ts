import type { SocketAddress } from "./address.ts";

/** Linux' numbers of the address families. */
const familyIpv4 = 2;
const familyIpv6 = 10;

/** Length of the longest address structure used here, `sockaddr_in6`, in bytes. */
export const maxSockaddrBytes = 28;

/** Addresses that have been met; it is emptied when it is full. */
const maxKnownAddresses = 65_536;

function parseIpv4(hostname: string): Uint8Array | undefined {
  const parts = hostname.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? new Uint8Array(bytes) : undefined;
}

function parseIpv6(hostname: string): Uint8Array | undefined {
  // The URL parser expands every textual form and refuses what is none.
  const url = URL.parse(`http://[${hostname}]/`);
  if (url === null) return undefined;
  const [head = "", tail] = url.hostname.slice(1, -1).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [
    ...before,
    ...Array<string>(8 - before.length - after.length).fill("0"),
    ...after,
  ];
  return new Uint8Array(groups.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  }));
}

/**
 * Encodes an address as Linux' `sockaddr_in` or `sockaddr_in6`; `undefined` when the host is no
 * numeric address, or has a zone.
 */
export function encodeSockaddr(address: SocketAddress): Uint8Array<ArrayBuffer> | undefined {
  const { hostname, port } = address;
  const isIpv6 = hostname.includes(":");
  const host = isIpv6 ? parseIpv6(hostname) : parseIpv4(hostname);
  if (host === undefined) return undefined;
  const sockaddr = new Uint8Array(isIpv6 ? maxSockaddrBytes : 16);
  sockaddr[0] = isIpv6 ? familyIpv6 : familyIpv4;
  sockaddr[2] = port >> 8;
  sockaddr[3] = port & 0xff;
  sockaddr.set(host, isIpv6 ? 8 : 4);
  return sockaddr;
}

/** Text of an IPv6 address as Deno writes it: the longest run of zeros shortened, in hex. */
function formatIpv6(bytes: Uint8Array): string {
  const isMapped = bytes[10] === 0xff && bytes[11] === 0xff &&
    bytes.subarray(0, 10).every((byte) => byte === 0);
  if (isMapped) return `::ffff:${bytes.subarray(12, 16).join(".")}`;
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((bytes[index]! << 8 | bytes[index + 1]!).toString(16));
  }
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function decode(sockaddr: Uint8Array): SocketAddress {
  const port = sockaddr[2]! << 8 | sockaddr[3]!;
  const hostname = sockaddr[0] === familyIpv6
    ? formatIpv6(sockaddr.subarray(8, 24))
    : sockaddr.subarray(4, 8).join(".");
  return { hostname, port };
}

/** `address` as received packets name it; `undefined` when it is not numeric, or has a zone. */
export function canonicalSocketAddress(address: SocketAddress): SocketAddress | undefined {
  const sockaddr = encodeSockaddr(address);
  return sockaddr && decode(sockaddr);
}

/**
 * Decodes the address structures that the system fills in, one object per address, so that the
 * packet path makes no text: IPv4 addresses that were met before are found by number.
 */
export class SockaddrDecoder {
  readonly #known = new Map<number, SocketAddress>();

  /** The address in `sockaddr`, as the system wrote it. */
  decode(sockaddr: Uint8Array): SocketAddress {
    if (sockaddr[0] !== familyIpv4) return decode(sockaddr);
    const host = (sockaddr[4]! << 24 | sockaddr[5]! << 16 | sockaddr[6]! << 8 | sockaddr[7]!) >>> 0;
    const key = host * 65_536 + (sockaddr[2]! << 8 | sockaddr[3]!);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= maxKnownAddresses) this.#known.clear();
    const address = decode(sockaddr);
    this.#known.set(key, address);
    return address;
  }
}
