import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

describe("decodeUtf8", () => {
  it("reads what encodeUtf8 writes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assertEquals(decodeUtf8(encodeUtf8(text)!), text);
      }),
    );
  });

  it("accepts exactly what a fatal decoder accepts", () => {
    const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    // Bytes near the borders of UTF-8's rules, and the parts of U+FFFD itself.
    const bytes = fc.oneof(
      fc.constantFrom(0x41, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xa0, 0xef, 0xbb, 0xbd, 0xf4, 0xff),
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), (list) => {
        const data = Uint8Array.from(list);
        let expected: string | undefined;
        try {
          expected = fatal.decode(data);
        } catch {
          expected = undefined;
        }
        assertEquals(decodeUtf8(data), expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps a byte order mark and a replacement character that were sent", () => {
    assertEquals(decodeUtf8(Uint8Array.fromHex("efbbbf41")), "\ufeffA");
    assertEquals(decodeUtf8(Uint8Array.fromHex("efbfbd41")), "\ufffdA");
    assertEquals(decodeUtf8(Uint8Array.fromHex("efbfbdff")), undefined);
  });
});

describe("encodeUtf8", () => {
  it("refuses half a surrogate pair", () => {
    assertEquals(encodeUtf8("a\ud800"), undefined);
    assertEquals(encodeUtf8("\udc00a"), undefined);
  });
});
