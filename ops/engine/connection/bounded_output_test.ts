import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { BoundedOutput } from "./bounded_output.ts";

function outputOf(maxBytes: number, ...chunks: readonly string[]): BoundedOutput {
  const output = new BoundedOutput(maxBytes);
  for (const chunk of chunks) output.push(new TextEncoder().encode(chunk));
  return output;
}

describe("BoundedOutput", () => {
  it("keeps what fits, to the byte", () => {
    const output = outputOf(6, "abc", "def");
    assertEquals([output.text(), output.truncated], ["abcdef", false]);
  });

  it("keeps the beginning of what does not fit, and says so", () => {
    const output = outputOf(4, "abc", "def", "ghi");
    assertEquals([output.text(), output.truncated], ["abcd", true]);
  });

  it("joins characters that chunks have cut, and replaces one that the bound has cut", () => {
    const output = new BoundedOutput(3);
    for (const byte of new TextEncoder().encode("éé")) output.push(Uint8Array.of(byte));
    assertEquals(output.text(), "é\ufffd");
  });
});
