import { connectionIdLength } from "./limits.ts";

/** QUIC version 1 (RFC 9000). */
export const quicVersion1 = 0x00000001;

/** Type of a QUIC version 1 long-header packet (RFC 9000 section 17.2). */
export const longPacketType = { initial: 0, zeroRtt: 1, handshake: 2, retry: 3 } as const;

/** What the first packet of a datagram says outside its protection. */
export interface LongHeader {
  readonly version: number;
  /** One of `longPacketType`; only meaningful for version 1. */
  readonly type: number;
  readonly destinationCid: Uint8Array;
  readonly sourceCid: Uint8Array;
  /** Initial packets of version 1 only; empty when there is none. */
  readonly token: Uint8Array;
  /**
   * Where the packet ends in its datagram, in bytes; others may follow (RFC 9000 section 12.2).
   * The datagram's end where nothing valid says so.
   */
  readonly end: number;
}

/** Longest connection ID of version 1 in bytes (RFC 9000 section 17.2). */
const maxConnectionIdBytes = 20;
const emptyBytes: Uint8Array = new Uint8Array(0);

/** Whether the first packet has a long header (RFC 8999 section 5.1). */
export function isLongHeader(datagram: Uint8Array): boolean {
  return (datagram[0]! & 0x80) !== 0;
}

/** Whether a short-header packet is long enough to carry one of our connection IDs. */
export function hasShortHeaderCid(datagram: Uint8Array): boolean {
  return datagram.length > connectionIdLength;
}

/**
 * Reads the invariant part of a long header (RFC 8999 section 5.1) and, for a version 1 Initial,
 * its token (RFC 9000 section 17.2.2). The arrays are views of `datagram`. `undefined` when the
 * bytes are no such header.
 */
export function parseLongHeader(datagram: Uint8Array): LongHeader | undefined {
  const length = datagram.length;
  if (length < 7) return undefined;
  const first = datagram[0]!;
  const version = (datagram[1]! << 24 | datagram[2]! << 16 | datagram[3]! << 8 | datagram[4]!) >>>
    0;
  const destinationLength = datagram[5]!;
  let offset = 6 + destinationLength;
  if (destinationLength > maxConnectionIdBytes || offset >= length) return undefined;
  const destinationCid = datagram.subarray(6, offset);
  const sourceLength = datagram[offset]!;
  offset += 1;
  if (sourceLength > maxConnectionIdBytes || offset + sourceLength > length) return undefined;
  const sourceCid = datagram.subarray(offset, offset + sourceLength);
  offset += sourceLength;
  const type = (first >> 4) & 0x03;
  let token = emptyBytes;
  if (version === quicVersion1 && type === longPacketType.initial) {
    if (offset >= length) return undefined;
    const encodedBytes = 1 << (datagram[offset]! >> 6);
    // A token that needs more than two length bytes does not fit a datagram.
    if (encodedBytes > 2 || offset + encodedBytes > length) return undefined;
    let tokenLength = datagram[offset]! & 0x3f;
    if (encodedBytes === 2) tokenLength = tokenLength << 8 | datagram[offset + 1]!;
    offset += encodedBytes;
    if (offset + tokenLength > length) return undefined;
    token = datagram.subarray(offset, offset + tokenLength);
    offset += tokenLength;
  }
  const hasLength = version === quicVersion1 && type !== longPacketType.retry;
  const end = hasLength ? payloadEnd(datagram, offset) : length;
  return { version, type, destinationCid, sourceCid, token, end };
}

/** The end of a payload whose length is encoded at `offset` (RFC 9000 section 16). */
function payloadEnd(datagram: Uint8Array, offset: number): number {
  const encodedBytes = offset < datagram.length ? 1 << (datagram[offset]! >> 6) : 8;
  // A length that needs more than two bytes does not fit a datagram.
  if (encodedBytes > 2 || offset + encodedBytes > datagram.length) return datagram.length;
  let length = datagram[offset]! & 0x3f;
  if (encodedBytes === 2) length = length << 8 | datagram[offset + 1]!;
  return Math.min(offset + encodedBytes + length, datagram.length);
}
