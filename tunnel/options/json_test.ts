import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type JsonMistake, type JsonNode, parseJson } from "./json.ts";

/** The plain value, as `JSON.parse` gives it. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]));
    case "array":
      return node.items.map(plain);
    case "null":
      return null;
    default:
      return node.value;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function mistake(text: string): JsonMistake {
  const result = parseJson(text);
  assert("mistake" in result);
  return result;
}

describe("parseJson", () => {
  it("reads what JSON.parse reads, to the same value", () => {
    fc.assert(fc.property(fc.json({ noUnicodeString: false }), fc.nat(4), (text, indent) => {
      const value = JSON.parse(text);
      const node = parseJson(JSON.stringify(value, null, indent));
      assert(!("mistake" in node));
      assertEquals(plain(node), JSON.parse(text, (_key, each) => Object.is(each, -0) ? -0 : each));
    }));
  });

  it("takes and refuses exactly what JSON.parse does", () => {
    const token = fc.constantFrom(
      ..."{}[],:".split(""),
      ...['"', '"a"', '"\\n"', '"\\x"', '"\\u00e9"', '"\t"', '"\x7f\x85"', '"😀"', '"\ud800"'],
      ...["1", "-0", "01", "1.", "1.5e3", "+1", "-", "true", "null", "nul", "NaN", "1true"],
      ...[" ", "\n", "\r\n", "\t", "\u00a0", "//x", "\\"],
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = tokens.join("");
        assertEquals("mistake" in parseJson(text), !isJson(text), text);
      }),
      { numRuns: 5000 },
    );
  });

  it("tells where mistakes are and what is expected", () => {
    const cases: [text: string, line: number, column: number, expected: string][] = [
      ["", 1, 1, "a value is expected here instead of the end of the file"],
      ['{\n  "a": 1,\n}', 3, 1, "a key in double quotes is expected"],
      ["{a: 1}", 1, 2, 'a key in double quotes or "}" is expected here instead of "a"'],
      ['{"a" 1}', 1, 6, '":" is expected here instead of "1"'],
      ['{"a": 1 "b": 2}', 1, 9, '"," or "}" is expected'],
      ["[1 2]", 1, 4, '"," or "]" is expected'],
      ['{"a": tru}', 1, 7, "a value is expected"],
      ['{"a": 007}', 1, 7, "a value is expected"],
      ['{"a": "x\n"}', 1, 7, "this string has no end"],
      ["{} {}", 1, 4, "the end of the file is expected"],
      ["[\r\n\t😀]", 2, 2, 'instead of "😀"'],
    ];
    for (const [text, line, column, expected] of cases) {
      const { mistake: said, at } = mistake(text);
      assertEquals([at.line, at.column], [line, column], text);
      assert(said.includes(expected), said);
    }
  });

  it("remembers where keys and values stand", () => {
    const node = parseJson('\ufeff{\n  "a": [\n    5 ]}');
    assert(!("mistake" in node) && node.kind === "object");
    const [member] = node.members;
    assertEquals(member?.at, { line: 2, column: 3 });
    assert(member?.value.kind === "array");
    assertEquals(member.value.items[0]?.at, { line: 3, column: 5 });
  });

  it("keeps repeated and dangerous names as members", () => {
    const node = parseJson('{"__proto__": 1, "a": 2, "a": 3}');
    assert(!("mistake" in node) && node.kind === "object");
    assertEquals(node.members.map(({ name }) => name), ["__proto__", "a", "a"]);
  });

  it("refuses deep nesting and stays quick with long texts", () => {
    assert(mistake("[".repeat(100_000)).mistake.includes("nested deeper than 32"));
    const long = `{"a": "${"x\\n".repeat(300_000)}", "b": [${"1,\n".repeat(100_000)}1]}`;
    const node = parseJson(long);
    assert(!("mistake" in node), "mistake" in node ? node.mistake : "");
  });
});
