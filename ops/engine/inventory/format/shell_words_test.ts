import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { splitShellWords } from "./shell_words.ts";

describe("splitShellWords", () => {
  const cases: [line: string, words: readonly string[]][] = [
    ["a  b\tc", ["a", "b", "c"]],
    ["", []],
    ["a='b c' d=\"e f\"", ["a=b c", "d=e f"]],
    ["x'y z'w", ["xy zw"]],
    ["'' a\"\"", ["", "a"]],
    ["a\\ b \\\\ \\'", ["a b", "\\", "'"]],
    ['\'a\\\' "b\\"c\\d"', ["a\\", 'b"c\\d']],
    ["$HOME `id` $(id) *", ["$HOME", "`id`", "$(id)", "*"]],
    ["-o ProxyCommand='ssh -W %h:%p jump'", ["-o", "ProxyCommand=ssh -W %h:%p jump"]],
    ["a\u00a0b", ["a\u00a0b"]],
  ];
  for (const [line, words] of cases) {
    it(`splits ${JSON.stringify(line)}`, () => {
      assertEquals(splitShellWords(line), { words });
      assertEquals(splitShellWords(line, { comments: true }), { words });
    });
  }

  it("takes # for a comment where that is asked for, within words too", () => {
    assertEquals(splitShellWords("a#b c"), { words: ["a#b", "c"] });
    assertEquals(splitShellWords("a#b c", { comments: true }), { words: ["a"] });
    assertEquals(splitShellWords("'a#b' #c\nd", { comments: true }), { words: ["a#b", "d"] });
  });

  it("says what is wrong with a line", () => {
    for (const line of ["'a", '"a\\"', "a\\"]) assert("mistake" in splitShellWords(line), line);
  });

  it("gives back every word that is quoted", () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme" })), (words) => {
      const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
      assertEquals(splitShellWords(line, { comments: true }), { words });
    }));
  });
});
