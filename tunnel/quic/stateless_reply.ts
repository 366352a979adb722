import type { LongHeader } from "./packet_header.ts";
import { quiche } from "./quiche.ts";

/** Shortest stateless reset, in bytes (RFC 9000 section 10.3). */
const minResetBytes = 21;
/** Longer ones would only help to recognise them. */
const maxResetBytes = 43;

/** Writes a Version Negotiation packet for `header` into `buffer` and returns its length. */
export function writeVersionNegotiation(header: LongHeader, buffer: Uint8Array): number {
  return quiche.negotiateVersion(header.sourceCid, header.destinationCid, buffer);
}

/**
 * Writes a Retry packet for the Initial with `header` into `buffer` and returns its length.
 * `sourceCid` is the server's new connection ID.
 */
export function writeRetry(
  header: LongHeader,
  sourceCid: Uint8Array,
  token: Uint8Array,
  buffer: Uint8Array,
): number {
  return quiche.retry(
    header.sourceCid,
    header.destinationCid,
    sourceCid,
    token,
    header.version,
    buffer,
  );
}

/**
 * Writes a stateless reset into `buffer` for a packet of `receivedBytes` and returns its length;
 * 0 when that packet was too short: a reset is always shorter, so that two endpoints without
 * state do not reset each other for ever.
 */
export function writeStatelessReset(
  token: Uint8Array,
  receivedBytes: number,
  buffer: Uint8Array,
): number {
  const length = Math.min(receivedBytes - 1, maxResetBytes);
  if (length < minResetBytes) return 0;
  const packet = buffer.subarray(0, length);
  crypto.getRandomValues(packet);
  packet[0] = 0x40 | (packet[0]! & 0x3f);
  packet.set(token, length - token.length);
  return length;
}
