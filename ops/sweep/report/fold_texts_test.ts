import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { foldTexts } from "./fold_texts.ts";

const cases: [what: string, texts: string[], expected: string | undefined][] = [
  ["equal texts", ["full", "full"], "full"],
  ["one text", ["40 s"], "40 s"],
  ["one quantity", ["40.1 s behind", "9 s behind", "43 s behind"], "9 to 43 s behind"],
  ["a quantity among others", ["1 of 4 units", "2 of 4 units"], "1 to 2 of 4 units"],
  ["two quantities", ["1 of 4 units", "2 of 5 units"], undefined],
  ["other words", ["1 unit", "2 units"], undefined],
  ["numbers that are names", ["exit code 1", "exit code 137"], undefined],
  ["parts of words and addresses", ["10.0.0.1 s", "10.0.0.2 s"], undefined],
  ["a text that has the pattern's own sign", ["# s", "4 s"], undefined],
];

describe("folding texts", () => {
  for (const [what, texts, expected] of cases) {
    it(`${expected === undefined ? "leaves" : "takes together"} ${what}`, () => {
      assertEquals(foldTexts(texts), expected);
      assertEquals(foldTexts(texts.toReversed()), expected);
    });
  }

  it("gives a text back that all are equal to, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 5 }), (text, n) => {
        assertEquals(foldTexts(Array.from({ length: n }, () => text)), text);
      }),
    );
  });
});
