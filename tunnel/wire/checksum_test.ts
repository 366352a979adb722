import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { internetChecksum, sumWords, updateChecksum16, updateChecksum32 } from "./checksum.ts";

/** RFC 1071 by the letter, in exact arithmetic. */
function checksumByDefinition(data: Uint8Array): number {
  let sum = 0n;
  for (let i = 0; i < data.length; i += 2) {
    sum += BigInt(data[i]!) * 256n + BigInt(data[i + 1] ?? 0);
  }
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(0xffffn - sum);
}

describe("internetChecksum", () => {
  const known: [string, number][] = [
    ["4500003c1c46400040060000ac100a63ac100a0c", 0xb1e6],
    ["4500002100004000401100000a0000647f000001", 0xb167],
  ];
  for (const [hex, expected] of known) {
    it(`of the header ${hex} is ${expected.toString(16)}`, () => {
      assertEquals(internetChecksum(Uint8Array.fromHex(hex), 0, 20), expected);
    });
  }

  it("is RFC 1071's for any data", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        assertEquals(internetChecksum(data, 0, data.length), checksumByDefinition(data));
      }),
    );
  });

  it("does not overflow on large data", () => {
    const data = new Uint8Array(1_000_001).fill(0xff);
    assertEquals(internetChecksum(data, 0, data.length), checksumByDefinition(data));
  });

  it("may be computed in parts", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (data, seed) => {
        const cut = (seed % data.length) & ~1;
        const partial = sumWords(data, 0, cut);
        assertEquals(
          internetChecksum(data, cut, data.length, partial),
          internetChecksum(data, 0, data.length),
        );
      }),
    );
  });

  it("counts only the range, and only data that exists", () => {
    const data = Uint8Array.of(0xff, 0xff, 1, 2, 3, 0xff);
    assertEquals(sumWords(data, 2, 5), 0x0102 + 0x0300);
    assertEquals(sumWords(data, 2, 1000), 0x0102 + 0x03ff);
    assertEquals(sumWords(data, 9, 1000), 0);
  });
});

describe("incremental checksum", () => {
  // At least one byte that is never replaced is not zero, as in every packet.
  const packets = fc.uint8Array({ minLength: 12, maxLength: 60 }).map((data) => {
    data[0] = 0x45;
    data.fill(0, 2, 4);
    return data;
  });
  const interesting = fc.oneof(
    fc.nat(0xffffffff),
    fc.constantFrom(0, 0xffff, 0xffff0000, 0xffffffff),
  );

  it("of a 32-bit field equals recomputation", () => {
    fc.assert(
      fc.property(packets, fc.nat(), interesting, interesting, (data, seed, before, after) => {
        const offset = 4 + 2 * (seed % ((data.length - 6) >> 1));
        writeU32(data, offset, before);
        const checksum = checksumByDefinition(data);
        writeU32(data, offset, after);
        assertEquals(updateChecksum32(checksum, before, after), checksumByDefinition(data));
      }),
    );
  });

  it("of a 16-bit field equals recomputation", () => {
    fc.assert(
      fc.property(packets, interesting, (data, value) => {
        const checksum = checksumByDefinition(data);
        const before = readU16(data, 6);
        writeU16(data, 6, value);
        assertEquals(
          updateChecksum16(checksum, before, value & 0xffff),
          checksumByDefinition(data),
        );
      }),
    );
  });

  it("keeps a wrong checksum exactly as wrong", () => {
    fc.assert(
      fc.property(
        packets,
        fc.integer({ min: 1, max: 0xfffe }),
        interesting,
        (data, flaw, after) => {
          writeU16(data, 2, checksumByDefinition(data));
          writeU16(data, 2, readU16(data, 2) ^ flaw);
          const before = sumWords(data, 0, data.length);
          const old = readU32(data, 4);
          writeU32(data, 4, after);
          writeU16(data, 2, updateChecksum32(readU16(data, 2), old, after));
          // 0 and 0xffff are the same number in one's complement.
          assertEquals(sumWords(data, 0, data.length) % 0xffff, before % 0xffff);
        },
      ),
    );
  });
});
