import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";

/** The TCP options that we understand; all others are skipped. */
export interface TcpOptions {
  /** Largest segment payload that the sender accepts, in bytes (RFC 9293, kind 2). */
  mss?: number;
  /** Shift of the sender's window fields, 0 to 14 (RFC 7323, kind 3). */
  windowScale?: number;
  /** Whether selective acknowledgements may be sent (RFC 2018, kind 4). */
  sackPermitted?: true;
  /** Received blocks beyond the acknowledgement, at most 4 (RFC 2018, kind 5). */
  sackBlocks?: readonly SackBlock[];
  /** Sender's clock and the echo of the receiver's, unsigned 32 bits (RFC 7323, kind 8). */
  timestamps?: { readonly value: number; readonly echo: number };
}

/** One received range: from sequence number `left` up to, not including, `right`. */
export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

const kind = {
  end: 0,
  noOperation: 1,
  mss: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
};

/** A header has 15 words at most, 5 of them fixed (RFC 9293 section 3.1). */
const maxOptionsLength = 40;

/** Larger shifts are to be used as 14 (RFC 7323 section 2.3). */
const maxWindowScale = 14;

/**
 * Reads the options in `packet[start..end)`. An option whose length is impossible ends the reading,
 * and one with an unusual length is skipped: what was understood counts, as in other stacks.
 */
export function parseTcpOptions(packet: Uint8Array, start: number, end: number): TcpOptions {
  const options: TcpOptions = {};
  let at = start;
  while (at < end) {
    const type = packet[at]!;
    if (type === kind.end) break;
    if (type === kind.noOperation) {
      at++;
      continue;
    }
    if (at + 2 > end) break;
    const length = packet[at + 1]!;
    if (length < 2 || at + length > end) break;
    readOption(packet, at, type, length, options);
    at += length;
  }
  return options;
}

function readOption(
  packet: Uint8Array,
  at: number,
  type: number,
  length: number,
  options: TcpOptions,
): void {
  if (type === kind.mss && length === 4) {
    options.mss = readU16(packet, at + 2);
  } else if (type === kind.windowScale && length === 3) {
    options.windowScale = Math.min(packet[at + 2]!, maxWindowScale);
  } else if (type === kind.sackPermitted && length === 2) {
    options.sackPermitted = true;
  } else if (type === kind.timestamps && length === 10) {
    options.timestamps = { value: readU32(packet, at + 2), echo: readU32(packet, at + 6) };
  } else if (type === kind.sack && length >= 10 && (length - 2) % 8 === 0) {
    const blocks: SackBlock[] = [];
    for (let block = at + 2; block < at + length; block += 8) {
      blocks.push({ left: readU32(packet, block), right: readU32(packet, block + 4) });
    }
    options.sackBlocks = blocks;
  }
}

/** Length of the options in a header, in bytes: 0 to 40, a multiple of 4. */
export function tcpOptionsLength(options: TcpOptions): number {
  const blocks = writtenSackBlocks(options);
  return (fixedOptionsLength(options) + (blocks > 0 ? 2 + 8 * blocks : 0) + 3) & ~3;
}

function fixedOptionsLength(options: TcpOptions): number {
  return (options.mss === undefined ? 0 : 4) + (options.windowScale === undefined ? 0 : 3) +
    (options.sackPermitted === undefined ? 0 : 2) + (options.timestamps === undefined ? 0 : 10);
}

/** How many of the blocks fit: they are advice, most recent first, so the rest can be left out. */
function writtenSackBlocks(options: TcpOptions): number {
  const space = maxOptionsLength - fixedOptionsLength(options) - 2;
  return Math.min(options.sackBlocks?.length ?? 0, Math.floor(space / 8));
}

/**
 * Writes the options at `offset`, where {@linkcode tcpOptionsLength} zero bytes are free (zero is
 * the end-of-options padding). SACK blocks that do not fit are left out.
 */
export function writeTcpOptions(packet: Uint8Array, offset: number, options: TcpOptions): void {
  let at = offset;
  const begin = (type: number, length: number): number => {
    packet[at] = type;
    packet[at + 1] = length;
    const value = at + 2;
    at += length;
    return value;
  };
  if (options.mss !== undefined) writeU16(packet, begin(kind.mss, 4), options.mss);
  if (options.sackPermitted !== undefined) begin(kind.sackPermitted, 2);
  if (options.timestamps !== undefined) {
    const value = begin(kind.timestamps, 10);
    writeU32(packet, value, options.timestamps.value);
    writeU32(packet, value + 4, options.timestamps.echo);
  }
  if (options.windowScale !== undefined) packet[begin(kind.windowScale, 3)] = options.windowScale;
  const blocks = writtenSackBlocks(options);
  if (blocks === 0) return;
  let value = begin(kind.sack, 2 + 8 * blocks);
  for (const block of options.sackBlocks!.slice(0, blocks)) {
    writeU32(packet, value, block.left);
    writeU32(packet, value + 4, block.right);
    value += 8;
  }
}
