import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { framesOf, linesOf } from "./frames.ts";
import type { Recording } from "./recording.ts";
import { animatedSvg, stillSvg } from "./terminal_svg.ts";

const size = { columns: 20, rows: 4 };
const recording: Recording = {
  size,
  output: [
    { atMs: 0, text: "$ ls\r\n" },
    { atMs: 500, text: "\x1b[1;32ma<b\x1b[0m & c\r\n" },
    { atMs: 510, text: "\x1b[7mx\x1b[0m \x1b[38;2;1;2;3my\x1b[0m" },
    { atMs: 2000, text: "\r\n1\r\n2\r\n3" },
  ],
};

describe("a picture of a terminal", () => {
  it("has a text at its place for each piece of a line in one style", () => {
    const svg = stillSvg(linesOf(recording), size.columns);
    assertEquals(svg.split("\n").filter((line) => line.startsWith('<g transform="translate(0')), [
      '<g transform="translate(0 0)"><text class="text" x="0" y="14" textLength="33.6">$ ls</text></g>',
      '<g transform="translate(0 19)">' +
      '<text class="c2 b" x="0" y="14" textLength="25.2">a&lt;b</text>' +
      '<text class="text" x="25.2" y="14" textLength="33.6"> &amp; c</text></g>',
      '<g transform="translate(0 38)"><rect class="text" x="0" width="8.4" height="19"/>' +
      '<text class="screen" x="0" y="14" textLength="8.4">x</text>' +
      '<text fill="#010203" x="16.8" y="14" textLength="8.4">y</text></g>',
      '<g transform="translate(0 57)"><text class="text" x="0" y="14" textLength="8.4">1</text></g>',
      '<g transform="translate(0 76)"><text class="text" x="0" y="14" textLength="8.4">2</text></g>',
      '<g transform="translate(0 95)"><text class="text" x="0" y="14" textLength="8.4">3</text></g>',
    ]);
    assertMatch(svg, /^<svg [^>]* width="200" height="146" viewBox="0 0 200 146">\n<style>/);
    assertMatch(svg, /@media \(prefers-color-scheme: light\)/);
  });

  it("shows the screen at a time", () => {
    const lines = linesOf(recording, 505);
    assertEquals(lines.map((line) => line.map(({ text }) => text).join("")), ["$ ls", "a<b & c"]);
  });

  it("moves from frame to frame, with each line in it once", () => {
    const frames = framesOf(recording);
    assertEquals(frames.map(({ atMs }) => atMs), [0, 510, 2000]);
    const svg = animatedSvg(frames, size);
    assertEquals(svg.match(/<g id="l\d+">/g)?.length, 6);
    assertEquals(svg.match(/<use href="#l0" y="0"\/>/g)?.length, 2);
    assertMatch(svg, /animation: film 6s step-end infinite/);
    assertMatch(
      svg,
      /0\.000%\{transform:translateX\(0px\)\} 8\.500%\{transform:translateX\(-168px\)\} 33\.333%/,
    );
    // Whoever shows no animations shows the end.
    assertMatch(svg, /\.film \{ transform:translateX\(-336px\);/);
    assertMatch(svg, /prefers-reduced-motion: reduce\) \{ \.film \{ animation: none \} \}/);
  });

  it("has five frames a second at most, and none twice", () => {
    const output = Array.from({ length: 1000 }, (_, i) => ({ atMs: i * 25, text: `\r${i % 500}` }));
    const frames = framesOf({ size, output });
    // In 25 seconds, both ends included.
    assert(frames.length <= 126, `${frames.length}`);
    const still = Array.from({ length: 100 }, (_, i) => ({ atMs: i * 1000, text: "\rx" }));
    assertEquals(framesOf({ size, output: still }).length, 1);
  });

  it("is the same for the same recording, and holds no text that could be markup", () => {
    const text = fc.string({
      unit: fc.constantFrom(
        "a",
        "<",
        ">",
        "&",
        '"',
        " ",
        "\n",
        "\r",
        "\x1b[31m",
        "\x1b[7m",
        "語",
        "]]>",
      ),
    });
    fc.assert(fc.property(fc.array(text, { maxLength: 10 }), (texts) => {
      const given = { size, output: texts.map((text, i) => ({ atMs: i * 300, text })) };
      const draw = (): string =>
        stillSvg(linesOf(given), size.columns) + animatedSvg(framesOf(given), size);
      assertEquals(draw(), draw());
      for (const [, inside] of draw().matchAll(/<text[^>]*>([^<]*)<\/text>/g)) {
        assertNotMatch(inside!, /[<>]|&(?!amp;|lt;|gt;)/);
      }
      const opened = draw().match(/<(?:text|g|svg|defs|style)\b/g)?.length;
      assertEquals(draw().match(/<\/(?:text|g|svg|defs|style)>/g)?.length, opened);
    }));
  });
});
