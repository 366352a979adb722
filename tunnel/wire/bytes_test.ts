import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { bytesEqual, readU16, readU32, writeU16, writeU32 } from "./bytes.ts";

describe("bytes", () => {
  it("reads what it writes, like a big-endian DataView", () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffffffff),
        fc.nat(5),
        (short, long, offset) => {
          const data = new Uint8Array(16).fill(0xaa);
          writeU16(data, offset, short);
          writeU32(data, offset + 2, long);
          const view = new DataView(data.buffer);
          assertEquals(view.getUint16(offset), short);
          assertEquals(view.getUint32(offset + 2), long);
          assertEquals(readU16(data, offset), short);
          assertEquals(readU32(data, offset + 2), long);
          assertEquals(data.subarray(offset + 6), new Uint8Array(10 - offset).fill(0xaa));
        },
      ),
    );
  });

  it("compares contents and lengths", () => {
    const data = Uint8Array.of(1, 2, 3);
    assertEquals(bytesEqual(data, Uint8Array.of(0, 1, 2, 3).subarray(1)), true);
    assertEquals(bytesEqual(data, Uint8Array.of(1, 2)), false);
    assertEquals(bytesEqual(data, Uint8Array.of(1, 2, 4)), false);
    assertEquals(bytesEqual(new Uint8Array(0), new Uint8Array(0)), true);
  });
});
