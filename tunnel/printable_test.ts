import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { escapeControls, quote, truncate } from "./printable.ts";

describe("escapeControls", () => {
  it("writes what terminals act on as escapes and leaves the rest", () => {
    const cases: [string, string][] = [
      ["plain — ünïcode 😀", "plain — ünïcode 😀"],
      ["\x1b[31mred", "\\u001b[31mred"],
      ["a\r\nb\u2028c\u0085d", "a\\u000d\\u000ab\\u2028c\\u0085d"],
      ["\x9b31m\x7f", "\\u009b31m\\u007f"],
      ["\u202egnp.exe", "\\u202egnp.exe"],
      ["\ud800x\udc00", "\\ud800x\\udc00"],
    ];
    for (const [given, expected] of cases) assertEquals(escapeControls(given), expected);
  });
});

describe("truncate", () => {
  it("keeps short text and says how much of a long one is missing", () => {
    assertEquals(truncate("abc", 3), "abc");
    assertEquals(truncate("abcdef", 3), "abc…(3 more)");
  });

  it("does not halve a surrogate pair", () => {
    assertEquals(truncate("ab😀cd", 3), "ab…(4 more)");
  });
});

describe("quote", () => {
  it("gives one bounded line that JSON reads back when nothing was cut", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
      const quoted = quote(text);
      assert(!/[\p{Cc}\u2028\u2029]/u.test(quoted));
      assertEquals(JSON.parse(quoted), text);
    }));
    assert(quote("x".repeat(10_000)).length < 130);
  });
});
