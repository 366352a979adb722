import { assert, assertEquals } from "@std/assert";
import { green, red, stripAnsiCode } from "@std/fmt/colors";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { formatLine, formatLines, type Line } from "./span.ts";
import { textWidth } from "./text_width.ts";

describe("formatLine", () => {
  const line: Line = [{ text: "ab", paint: green }, { text: "cd" }, { text: "ef", paint: red }];

  const cuts: [columns: number, shown: string][] = [
    [6, "abcdef"],
    [5, "abcd…"],
    [4, "abc…"],
    [3, "ab…"],
    [2, "a…"],
    [1, "…"],
  ];
  for (const [columns, shown] of cuts) {
    it(`cuts to ${columns} columns`, () => {
      assertEquals(formatLine(line, { color: false, columns }), shown);
    });
  }

  it("colours each piece for itself", { skip: Deno.noColor && "NO_COLOR is set" }, () => {
    assertEquals(
      formatLine(line, { color: true, columns: 5 }),
      "\x1b[32mab\x1b[39mcd\x1b[31m…\x1b[39m",
    );
  });

  it("leaves no spaces at the end", () => {
    assertEquals(formatLine([{ text: "a  " }, { text: "  " }], { color: false }), "a");
    assertEquals(formatLine([{ text: "  " }], { color: false }), "");
  });

  it("lets no text move the cursor, break the line or colour it", () => {
    const hostile = "\x1b[2Ja\r\nb\u202ec\x9b31m\u2028";
    const shown = formatLine([{ text: hostile }], { color: false });
    assertEquals(shown, "\\u001b[2Ja\\u000d\\u000ab\\u202ec\\u009b31m\\u2028");
  });

  it("has what is asked for in its width, whatever is in it", () => {
    const span = fc.record({ text: fc.string({ unit: "binary", maxLength: 20 }) });
    fc.assert(fc.property(
      fc.array(span, { maxLength: 5 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      (spans, columns, color) => {
        const painted = spans.map(({ text }, i) => i % 2 === 0 ? { text } : { text, paint: red });
        const shown = stripAnsiCode(formatLine(painted, { color, columns }));
        assert(textWidth(shown) <= columns);
        assert(!/\p{Cc}/u.test(shown));
        assertEquals(shown, shown.trimEnd());
      },
    ));
  });
});

describe("formatLines", () => {
  it("ends every line", () => {
    assertEquals(formatLines([[{ text: "a" }], []], { color: false }), "a\n\n");
    assertEquals(formatLines([], { color: false }), "");
  });
});
