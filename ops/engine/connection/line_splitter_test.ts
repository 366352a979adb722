import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { LineSplitter } from "./line_splitter.ts";

/** The lines of a stream that comes in `chunks`. */
function linesOf(...chunks: readonly (string | number[])[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) {
    splitter.push(
      typeof chunk === "string" ? new TextEncoder().encode(chunk) : new Uint8Array(chunk),
    );
  }
  splitter.end();
  return lines;
}

describe("LineSplitter", () => {
  it("passes lines on that come in parts", () => {
    assertEquals(linesOf("a", "b\nc", "\n\n", "d"), ["ab", "c", "", "d"]);
  });

  it("passes nothing on when nothing has come, or nothing after the last line", () => {
    assertEquals(linesOf(), []);
    assertEquals(linesOf("a\n"), ["a"]);
  });

  it("joins characters whose bytes come apart, and replaces bytes that are none", () => {
    assertEquals(linesOf([0xc3], [0xa9, 0x0a, 0xff, 0x0a, 0xe2, 0x82]), ["é", "\ufffd", "\ufffd"]);
  });

  it("passes a byte order mark on, as it is part of the output", () => {
    assertEquals(linesOf("\ufeffa\n"), ["\ufeffa"]);
  });

  it("cuts a line that is too long into parts, also one without an end", () => {
    const part = "x".repeat(16 * 1024);
    assertEquals(linesOf(`${part}${part}y\nz\n`), [part, part, "y", "z"]);
    assertEquals(linesOf(part, part, "y"), [part, part, "y"]);
  });
});
