import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { shellCommand, shellQuote } from "./quote.ts";

/** What a real shell makes of the words: each as it is, with a NUL behind it. */
async function wordsOf(commandLine: string, shell = "sh"): Promise<Uint8Array> {
  const { success, stdout } = await new Deno.Command(shell, {
    args: ["-c", `printf '%s\\0' ${commandLine}`],
    env: { LC_ALL: "C" },
  }).output();
  assertEquals(success, true);
  return stdout;
}

function withNuls(words: readonly string[]): Uint8Array {
  return new TextEncoder().encode(words.map((word) => `${word}\0`).join(""));
}

describe("shellQuote", () => {
  it("gives one word for every character that a shell could take for something", async () => {
    const ascii = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
    const words = [
      ...ascii,
      ascii.join(""),
      "",
      " ",
      "-n",
      "''",
      "\\'",
      "$(id)",
      "`id`",
      "é\u{1f980}",
    ];
    for (const shell of ["sh", "bash"]) {
      assertEquals(await wordsOf(shellCommand(words), shell), withNuls(words));
    }
  });

  it("gives any texts back through a real shell", async () => {
    const text = fc.string({ unit: "binary" }).map((value) =>
      value.replaceAll("\0", "").toWellFormed()
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), async (words) => {
        assertEquals(await wordsOf(shellCommand(words)), withNuls(words));
      }),
      { numRuns: 50 },
    );
  });

  it("refuses what no shell can carry", () => {
    assertThrows(() => shellQuote("a\0b"), TypeError, "without NUL");
  });
});
