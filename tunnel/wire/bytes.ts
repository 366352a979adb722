// Plain index arithmetic: a DataView per packet costs more than the reads that it serves.

/** The big-endian 16-bit number at `offset`; the caller has checked that both bytes exist. */
export function readU16(data: Uint8Array, offset: number): number {
  return (data[offset]! << 8) | data[offset + 1]!;
}

/** The big-endian unsigned 32-bit number at `offset`; the caller has checked that it exists. */
export function readU32(data: Uint8Array, offset: number): number {
  return ((data[offset]! << 24) | (data[offset + 1]! << 16) | (data[offset + 2]! << 8) |
    data[offset + 3]!) >>> 0;
}

/** Writes the low 16 bits of `value` at `offset`, big-endian. */
export function writeU16(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 8;
  data[offset + 1] = value;
}

/** Writes the low 32 bits of `value` at `offset`, big-endian. */
export function writeU32(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 24;
  data[offset + 1] = value >>> 16;
  data[offset + 2] = value >>> 8;
  data[offset + 3] = value;
}

/** Whether both hold the same bytes. Not constant-time: not for secrets. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
