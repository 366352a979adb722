import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { isOpener, overlaps } from "./bound_address.ts";

describe("overlaps", () => {
  const cases: [one: string, other: string, overlap: boolean][] = [
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.1", "127.0.0.2", false],
    ["0.0.0.0", "10.0.0.1", true],
    ["10.0.0.1", "*", true],
    ["::", "10.0.0.1", true],
    ["2001:db8:0:0::1", "2001:DB8::1", true],
    ["2001:db8::1", "2001:db8::2", false],
    ["::ffff:127.0.0.1", "127.0.0.1", true],
  ];
  for (const [one, other, overlap] of cases) {
    it(`says ${overlap} of ${one} and ${other}`, () => {
      assertEquals([overlaps(one, other), overlaps(other, one)], [overlap, overlap]);
    });
  }
});

describe("isOpener", () => {
  const cases: [actual: string, wanted: string[], opener: boolean][] = [
    ["127.0.0.1", ["127.0.0.1"], false],
    ["0.0.0.0", ["127.0.0.1"], true],
    ["10.0.0.1", ["127.0.0.1"], true],
    ["10.0.0.1", ["127.0.0.1", "10.0.0.1"], false],
    ["10.0.0.1", ["0.0.0.0"], false],
    ["::", ["0.0.0.0"], false],
    ["::1", ["10.0.0.1"], false],
    ["::ffff:127.0.0.1", ["::1"], false],
    ["2001:db8::1", ["2001:db8:0::1"], false],
  ];
  for (const [actual, wanted, opener] of cases) {
    it(`says ${opener} of ${actual} where ${wanted.join(" and ")} is wanted`, () => {
      assertEquals(isOpener(actual, wanted), opener);
    });
  }

  it("makes something of any text", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (actual, wanted) => {
      isOpener(actual, [wanted]);
      overlaps(actual, wanted);
    }));
  });
});
