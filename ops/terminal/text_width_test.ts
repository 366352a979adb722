import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { cutToWidth, padToWidth, startWithin, textWidth } from "./text_width.ts";

describe("textWidth", () => {
  const cases: [text: string, columns: number][] = [
    ["", 0],
    ["abc ~", 5],
    ["é", 1],
    ["e\u0301", 1],
    ["日本語", 6],
    ["한국", 4],
    ["ｆｕｌｌ", 8],
    ["ﾊﾝ", 2],
    ["✓ ✗ █ ░ ⠋ → …", 13],
    ["🚀", 2],
    ["🇩🇪", 2],
    ["𠀀", 2],
  ];
  for (const [text, columns] of cases) {
    it(`counts ${columns} for ${JSON.stringify(text)}`, () =>
      assertEquals(textWidth(text), columns));
  }
});

describe("cutting and padding to a width", () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", "日", "e\u0301", "🚀"), maxLength: 30 });

  it("marks a cut, and never takes more columns than it may", () => {
    fc.assert(fc.property(text, fc.integer({ min: 1, max: 40 }), (text, columns) => {
      const cut = cutToWidth(text, columns);
      assert(textWidth(cut) <= columns);
      assertEquals(cut === text, textWidth(text) <= columns);
      assert(cut === text || (cut.endsWith("…") && text.startsWith(cut.slice(0, -1))));
    }));
  });

  it("takes as much of the start as fits", () => {
    fc.assert(fc.property(text, fc.nat(40), (text, columns) => {
      const start = startWithin(text, columns);
      assert(text.startsWith(start) && textWidth(start) <= columns);
      // One more character would not fit, unless there is none.
      assert(start === text || textWidth(text) > columns);
      assert(start === text || textWidth(start) >= columns - 1);
    }));
  });

  it("pads to the width, and leaves what is wider", () => {
    fc.assert(fc.property(text, fc.nat(40), (text, columns) => {
      assertEquals(textWidth(padToWidth(text, columns)), Math.max(columns, textWidth(text)));
    }));
  });
});
