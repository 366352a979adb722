import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { BincodeReader, BincodeWriter } from "./bincode.ts";
import { isWireError } from "./wire_error.ts";

function written(write: (writer: BincodeWriter) => void, maxLength = 1000): Uint8Array {
  const writer = new BincodeWriter(maxLength);
  write(writer);
  const data = writer.finish();
  assert(!isWireError(data));
  return data;
}

function writeCode(write: (writer: BincodeWriter) => void, maxLength = 1000): string {
  const writer = new BincodeWriter(maxLength);
  write(writer);
  const data = writer.finish();
  assert(isWireError(data));
  return data.code;
}

function readerOf(hex: string): BincodeReader {
  return new BincodeReader(Uint8Array.fromHex(hex));
}

describe("bincode", () => {
  it("reads what it writes", () => {
    const values = fc.record({
      flag: fc.boolean(),
      short: fc.nat(0xffff),
      word: fc.nat(0xffffffff),
      long: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      text: fc.string({ unit: "binary" }),
      option: fc.option(fc.nat(0xffff), { nil: undefined }),
      list: fc.array(fc.nat(0xffffffff)),
      raw: fc.uint8Array({ minLength: 12, maxLength: 12 }),
      ipv4: fc.record({ hostname: fc.ipV4(), port: fc.nat(0xffff) }),
    });
    fc.assert(
      fc.property(values, (value) => {
        const data = written((writer) => {
          writer.bool(value.flag);
          writer.u16(value.short);
          writer.u32(value.word);
          writer.u64(value.long);
          writer.text(value.text);
          writer.option(value.option, (number) => writer.u16(number));
          writer.list(value.list, (number) => writer.u32(number));
          writer.bytes(value.raw);
          writer.endpoint(value.ipv4);
        });
        const reader = new BincodeReader(data);
        const read = {
          flag: reader.bool(),
          short: reader.u16(),
          word: reader.u32(),
          long: reader.u64(),
          text: reader.text(),
          option: reader.option(() => reader.u16()),
          list: reader.list(4, () => reader.u32()),
          raw: reader.bytes(12),
          ipv4: reader.endpoint(),
        };
        assertEquals(reader.error, undefined);
        assertEquals(reader.remaining, 0);
        assertEquals(read, { ...value });
      }),
    );
  });

  it("keeps IPv6 as IPv6, also when it is a mapped IPv4 address", () => {
    for (const hostname of ["::1", "2001:db8::1", "::ffff:192.0.2.1"]) {
      const data = written((writer) => writer.endpoint({ hostname, port: 1 }));
      assertEquals(data.length, 22);
      assertEquals(new BincodeReader(data).endpoint(), { hostname, port: 1 });
    }
  });
});

describe("BincodeReader", () => {
  it("answers empty values after the first failure, and keeps that failure", () => {
    const reader = readerOf("02ffffffffffffffffffff");
    assertEquals(reader.bool(), false);
    assertEquals(reader.u64(), 0n);
    assertEquals(reader.text(), "");
    assertEquals(reader.list(1, () => reader.bool()), []);
    assertEquals(reader.endpoint(), { hostname: "0.0.0.0", port: 0 });
    assertEquals(reader.bytes(12).length, 0);
    assertEquals(reader.error?.code, "bad_value");
  });

  it("fails on lengths beyond the data, up to 2^64-1, without allocating for them", () => {
    for (const length of ["0100000000000000", "0000000000000080", "ffffffffffffffff"]) {
      const text = readerOf(length);
      text.text();
      assertEquals(text.error?.code, "truncated");
      const list = readerOf(length);
      list.list(1, () => list.bool());
      assertEquals(list.error?.code, "truncated");
    }
  });

  it("stops reading a list at the first bad element", () => {
    const reader = readerOf("0300000000000000" + "010201");
    let count = 0;
    reader.list(1, () => {
      count++;
      return reader.bool();
    });
    assertEquals(count, 2);
    assertEquals(reader.error?.code, "bad_value");
  });

  it("refuses unknown variants", () => {
    const reader = readerOf("02000000");
    reader.variant(2);
    assertEquals(reader.error?.code, "unknown_type");
  });
});

describe("BincodeWriter", () => {
  it("writes up to its limit and answers too_long beyond", () => {
    const bytes = new Uint8Array(300).fill(1);
    assertEquals(written((writer) => writer.bytes(bytes), 300), bytes);
    assertEquals(writeCode((writer) => writer.bytes(bytes), 299), "too_long");
    assertEquals(writeCode((writer) => writer.text("a".repeat(293)), 300), "too_long");
    assertEquals(written((writer) => writer.text("a".repeat(292)), 300).length, 300);
  });

  it("answers an error for values that have no place in a message", () => {
    assertEquals(writeCode((writer) => writer.u16(65_536)), "bad_value");
    assertEquals(writeCode((writer) => writer.u32(-1)), "bad_value");
    assertEquals(writeCode((writer) => writer.u32(0.5)), "bad_value");
    assertEquals(writeCode((writer) => writer.u64(-1n)), "bad_value");
    assertEquals(writeCode((writer) => writer.u64(1n << 64n)), "bad_value");
    assertEquals(writeCode((writer) => writer.text("\ud800")), "bad_utf8");
    const named = { hostname: "example.org", port: 1 };
    assertEquals(writeCode((writer) => writer.endpoint(named)), "bad_value");
    const badPort = { hostname: "::1", port: 65_536 };
    assertEquals(writeCode((writer) => writer.endpoint(badPort)), "bad_value");
  });
});
