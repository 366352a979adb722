import {
  headerMask,
  sampleBytes,
  sealPayload,
  serverInitialKeys,
  tagBytes,
} from "./initial_protection.ts";
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

/** Transport code of a server that takes no new connection (RFC 9000 section 20.1). */
export const connectionRefusedCode = 2;

/** CONNECTION_CLOSE of a transport error (RFC 9000 section 19.19). */
const closeFrameType = 0x1c;
/** First byte of an Initial with a packet number of one byte (RFC 9000 section 17.2.2). */
const initialFirstByte = 0xc0;
/** The two highest bits of a number with 14 more (RFC 9000 section 16). */
const twoByteNumber = 0x40;
/** Longest reason of a refusal in bytes: what a number of one byte holds. */
const maxReasonBytes = 63;

/**
 * Writes the close of a connection that is refused into `buffer` and returns its length: an Initial
 * packet with the code CONNECTION_REFUSED (RFC 9000 section 5.2.2). Its client ends the attempt at
 * once, where silence would cost it a timeout, and no state is kept for it.
 *
 * @param sourceCid The server's connection ID, new.
 * @param reason For people, in ASCII; cut to 63 characters.
 */
export function writeRefusal(
  header: LongHeader,
  sourceCid: Uint8Array,
  reason: string,
  buffer: Uint8Array,
): number {
  const text = new TextEncoder().encode(reason).subarray(0, maxReasonBytes);
  const frame = Uint8Array.of(closeFrameType, connectionRefusedCode, 0, text.length, ...text);
  const numberBytes = 1;
  const rest = numberBytes + frame.length + tagBytes;
  const packetHeader = Uint8Array.of(
    initialFirstByte,
    ...[0, 0, 0, header.version],
    ...[header.sourceCid.length, ...header.sourceCid],
    ...[sourceCid.length, ...sourceCid],
    0, // no token
    ...[twoByteNumber | rest >> 8, rest & 0xff],
    0, // the packet's number
  );
  const keys = serverInitialKeys(header.destinationCid);
  const sealed = sealPayload(keys, 0, packetHeader, frame);
  // The sample begins where a packet number of four bytes would end; the mask's first byte hides
  // the number's length, the others the number (RFC 9001 section 5.4.1).
  const sample = sealed.subarray(4 - numberBytes, 4 - numberBytes + sampleBytes);
  const [lengthMask = 0, numberMask = 0] = headerMask(keys, sample);
  packetHeader[0]! ^= lengthMask & 0x0f;
  packetHeader[packetHeader.length - numberBytes]! ^= numberMask;
  buffer.set(packetHeader);
  buffer.set(sealed, packetHeader.length);
  return packetHeader.length + sealed.length;
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
