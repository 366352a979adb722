import { readU32, writeU32 } from "../../tunnel/wire/bytes.ts";

/**
 * What a probe packet carries, so that every reply says which packet it answers and that not one
 * byte of it has changed. Big-endian:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 4 | `5a 50 42 01`: "ZPB" and the version of this layout |
 * | 4 | 8 | run ID, random for each run |
 * | 12 | 8 | sequence number, from 0 |
 * | 20 | 8 | send time, microseconds since the run began |
 * | 28 | 4 | length of the whole payload |
 * | 32 | 4 | CRC-32 (IEEE 802.3) of bytes 0 to 31 |
 * | 36 | rest | filler, made from the run ID and the sequence number |
 */

/** Bytes of the smallest probe payload: the header without filler. */
export const minimumPayloadBytes = 36;
/** Bytes of the largest probe payload; a DATAGRAM frame of this protocol carries less (1306). */
export const maximumPayloadBytes = 4096;
/** Bytes of a run ID. */
export const runIdBytes = 8;

const magic = 0x5a50_4201;
const headerBytes = 32;
/** The filler of a packet starts at one of this many offsets of the table. A power of two. */
const fillerOffsets = 4096;
const two32 = 0x1_0000_0000;

/** A payload of this run that has come back as it was sent. */
export interface DecodedPayload {
  /** Sequence number, 0 to 2^53 - 1. */
  readonly sequence: number;
  /** When it was sent, microseconds since the run began. */
  readonly sentMicroseconds: number;
}

/**
 * Why a payload is not a packet of this run: `foreign` is an intact payload of another run, and
 * `corrupted` anything else.
 */
export type PayloadFault = "foreign" | "corrupted";

/** Writes and checks the payloads of one run. */
export class PayloadCodec {
  readonly #runIdHigh: number;
  readonly #runIdLow: number;
  readonly #filler: Uint8Array;

  /**
   * @param runId 8 bytes that no other probe of the same service uses at the same time.
   * @throws {RangeError} for another length.
   */
  constructor(runId: Uint8Array) {
    if (runId.length !== runIdBytes) {
      throw new RangeError(
        `Cannot use a run ID as it must have ${runIdBytes} bytes: current length is ${runId.length}`,
      );
    }
    this.#runIdHigh = readU32(runId, 0);
    this.#runIdLow = readU32(runId, 4);
    this.#filler = fillerTable(this.#runIdHigh, this.#runIdLow);
  }

  /**
   * Fills all of `payload`, whose length is that of the packet to send.
   *
   * @param sequence 0 to 2^53 - 1.
   * @param sentMicroseconds 0 to 2^53 - 1, cut to a whole number.
   * @throws {RangeError} when `payload` has not 36 to 4096 bytes.
   */
  encode(payload: Uint8Array, sequence: number, sentMicroseconds: number): void {
    const { length } = payload;
    if (length < minimumPayloadBytes || length > maximumPayloadBytes) {
      throw new RangeError(
        `Cannot write a probe payload as it must have ${minimumPayloadBytes} to ` +
          `${maximumPayloadBytes} bytes: current length is ${length}`,
      );
    }
    writeU32(payload, 0, magic);
    writeU32(payload, 4, this.#runIdHigh);
    writeU32(payload, 8, this.#runIdLow);
    writeU64(payload, 12, sequence);
    writeU64(payload, 20, Math.trunc(sentMicroseconds));
    writeU32(payload, 28, length);
    writeU32(payload, 32, crc32(payload, headerBytes));
    const from = fillerOffset(sequence);
    payload.set(
      this.#filler.subarray(from, from + length - minimumPayloadBytes),
      minimumPayloadBytes,
    );
  }

  /** What `payload` says, or why it is none of this run's. Never throws. */
  decode(payload: Uint8Array): DecodedPayload | PayloadFault {
    const { length } = payload;
    if (length < minimumPayloadBytes || length > maximumPayloadBytes) return "corrupted";
    if (readU32(payload, 0) !== magic) return "corrupted";
    if (readU32(payload, 32) !== crc32(payload, headerBytes)) return "corrupted";
    if (readU32(payload, 4) !== this.#runIdHigh || readU32(payload, 8) !== this.#runIdLow) {
      return "foreign";
    }
    if (readU32(payload, 28) !== length) return "corrupted";
    const sequence = readU64(payload, 12);
    const difference = fillerOffset(sequence) - minimumPayloadBytes;
    for (let i = minimumPayloadBytes; i < length; i += 1) {
      if (payload[i] !== this.#filler[difference + i]) return "corrupted";
    }
    return { sequence, sentMicroseconds: readU64(payload, 20) };
  }
}

/**
 * Neighbouring packets take their filler from places far apart, so that a packet put together from
 * two shows. The multiplier is 2^32 divided by the golden ratio (Fibonacci hashing).
 */
function fillerOffset(sequence: number): number {
  return (Math.imul(sequence >>> 0, 0x9e37_79b1) >>> 20) & (fillerOffsets - 1);
}

/** Pseudo-random bytes of the run: xorshift32 (Marsaglia, 2003). */
function fillerTable(high: number, low: number): Uint8Array {
  const table = new Uint8Array(fillerOffsets + maximumPayloadBytes);
  // Xorshift stays at 0 for ever when it starts there.
  let state = (high ^ Math.imul(low, 0x9e37_79b1)) || 1;
  for (let i = 0; i < table.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    table[i] = state >>> 24;
  }
  return table;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) {
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  }
  return value;
});

function crc32(bytes: Uint8Array, end: number): number {
  let value = 0xffff_ffff;
  for (let i = 0; i < end; i += 1) {
    value = (value >>> 8) ^ crcTable[(value ^ bytes[i]!) & 0xff]!;
  }
  return ~value >>> 0;
}

function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * two32 + readU32(bytes, at + 4);
}

function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / two32));
  writeU32(bytes, at + 4, value);
}
