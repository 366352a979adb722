import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { MarkerSplitter, type StreamPiece } from "./marker_splitter.ts";

const nonce = "0123456789abcdef0123456789abcdef";

function marker(text: string, by = nonce): string {
  return `\x1e${by} ${text}\n`;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The pieces as text, with markers in brackets. */
function shown(pieces: readonly StreamPiece[]): string {
  return pieces
    .map((piece) => typeof piece === "string" ? `[${piece}]` : new TextDecoder().decode(piece))
    .join("");
}

describe("MarkerSplitter", () => {
  const cases: readonly (readonly [what: string, input: string, expected: string])[] = [
    ["finds a marker in the middle of a line", `out${marker("end 1 0")}put`, "out[end 1 0]put"],
    ["finds markers side by side", marker("a") + marker("b"), "[a][b]"],
    [
      "leaves markers of another nonce",
      marker("end", "f".repeat(32)),
      marker("end", "f".repeat(32)),
    ],
    [
      "finds a marker behind the beginning of one",
      `\x1e${nonce.slice(0, 9)}${marker("a")}`,
      `\x1e${nonce.slice(0, 9)}[a]`,
    ],
    ["leaves a marker that is too long", marker("x".repeat(81)), marker("x".repeat(81))],
  ];
  for (const [what, input, expected] of cases) {
    it(what, () => {
      const pieces = new MarkerSplitter(nonce).push(bytesOf(input));
      assertEquals(shown(pieces), expected);
    });
  }

  it("gives the same for any division of a stream into chunks", () => {
    const part = fc.oneof(
      fc.constantFrom("\x1e", `\x1e${nonce}`, marker("end 1 0"), marker("begin 2"), "\n"),
      fc.string({ unit: "grapheme-ascii" }),
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat()), (parts, cuts) => {
        // The line feed keeps a marker from being incomplete at the end.
        const bytes = bytesOf(`${parts.join("")}\n${"x".repeat(100)}\n`);
        const whole = shown(new MarkerSplitter(nonce).push(bytes));
        const places = cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b);
        const splitter = new MarkerSplitter(nonce);
        const pieces = [0, ...places].flatMap((start, index) =>
          splitter.push(bytes.slice(start, places[index] ?? bytes.length))
        );
        assertEquals(shown(pieces), whole);
      }),
    );
  });

  it("keeps no more than a marker back, whatever comes", () => {
    const splitter = new MarkerSplitter(nonce);
    const hostile = bytesOf(`\x1e${nonce} ${"x".repeat(1000)}`);
    let passedOn = 0;
    for (let round = 0; round < 100; round++) {
      for (const piece of splitter.push(hostile)) passedOn += piece.length;
    }
    assert(100 * hostile.length - passedOn < 128);
  });
});
