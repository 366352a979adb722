import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { globPattern } from "./glob.ts";

describe("globPattern", () => {
  const cases: [glob: string, matching: readonly string[], other: readonly string[]][] = [
    ["web*", ["web", "web1"], ["aweb", "We"]],
    ["w?b", ["web", "w.b"], ["wb", "weeb"]],
    ["w[ab]", ["wa", "wb"], ["wc", "w", "w[ab]"]],
    ["w[!ab]", ["wc"], ["wa", "w"]],
    ["w[a-c]x", ["wax", "wbx"], ["wdx", "w-x"]],
    ["w[a-]", ["wa", "w-"], ["wb"]],
    ["w[]]", ["w]"], ["w"]],
    ["w[!]]", ["wa"], ["w]"]],
    ["w[^a]", ["w^", "wa"], ["wb"]],
    ["w[c-a]", [], ["wa", "wb", "w"]],
    ["w[!c-a]", ["wb"], ["w"]],
    ["w[", ["w["], ["w"]],
    ["a.b", ["a.b"], ["axb"]],
    ["(a|b)+$", ["(a|b)+$"], ["a"]],
    ["é*", ["é", "éa"], ["e"]],
    ["*", ["", "a\nb"], []],
  ];
  for (const [glob, matching, other] of cases) {
    it(`reads ${glob}`, () => {
      for (const text of matching) assertEquals(globPattern(glob).test(text), true, text);
      for (const text of other) assertEquals(globPattern(glob).test(text), false, text);
    });
  }

  it("takes every text without its own characters for itself alone", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (text, other) => {
      const literal = text.replace(/[*?[]/g, "x");
      assertEquals(globPattern(literal).test(literal), true);
      assertEquals(globPattern(literal).test(other), other === literal);
    }));
  });
});
