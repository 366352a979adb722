import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { textWidth } from "../../terminal/text_width.ts";
import { wrapText } from "./wrap_text.ts";

describe("a wrapped text", () => {
  it("breaks at spaces, and leaves long words whole", () => {
    assertEquals(wrapText("one two three /a/very/long/path end", 9), [
      "one two",
      "three",
      "/a/very/long/path",
      "end",
    ]);
    assertEquals(wrapText("", 9), [""]);
    assertEquals(wrapText("日本 語", 6), ["日本", "語"]);
  });

  it("loses nothing, and is as narrow as its words let it be", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "日"), maxLength: 40 });
    fc.assert(fc.property(text, fc.integer({ min: 1, max: 20 }), (words, columns) => {
      const lines = wrapText(words, columns);
      assertEquals(lines.join(" "), words);
      for (const line of lines) {
        assertEquals(textWidth(line) <= columns || !line.includes(" "), true, line);
      }
    }));
  });
});
