import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { VariableValue } from "../inventory.ts";
import { readPythonLiteral } from "./python_literal.ts";

/** What is read, or "text" when it stays one. */
function read(text: string): unknown {
  const literal = readPythonLiteral(text);
  return literal === undefined ? "text" : [literal.value];
}

/** A value as Python writes it. */
function pythonText(value: VariableValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  const members = Object.entries(value).map(([k, v]) => `${pythonText(k)}: ${pythonText(v)}`);
  return `{${members.join(", ")}}`;
}

describe("readPythonLiteral", () => {
  const values: [text: string, value: VariableValue][] = [
    ["5", 5],
    ["  -5 # a comment", -5],
    ["- 7", -7],
    ["-(1)", -1],
    ["0x_1f", 31],
    ["0o17", 15],
    ["0B101", 5],
    ["1_000", 1000],
    ["00", 0],
    ["-0", 0],
    ["09.5", 9.5],
    ["1.", 1],
    [".5e-1", 0.05],
    ["1E3", 1000],
    ["True", true],
    ["None", null],
    ["'a' \"b\" r'\\n'", "ab\\n"],
    ["'''a\"'b'''", "a\"'b"],
    ["'\\x41\\101\\u00e9\\U0001F600\\q\\''", "AAé😀\\q'"],
    ["b'bytes'", "bytes"],
    ["b'\\xc3\\xa9'", "é"],
    ["[]", []],
    ["( )", []],
    ["(1)", 1],
    ["(1,)", [1]],
    ["1, 'a',", [1, "a"]],
    ["{'a': [1, (2, None)], 'b': {}}", { a: [1, [2, null]], b: {} }],
    ["{1: 'a', None: 'b', 1.0: 'c', True: 'd'}", { 1: "a", null: "b", "1.0": "c", true: "d" }],
  ];
  for (const [text, value] of values) {
    it(`reads ${text}`, () => assertEquals(read(text), [value]));
  }

  const texts = [
    ...["", "#", "yes", "true", "10.0.0.1", "2024-10-10", "0123", "1__0", "1_", "0x", "1e", "1abc"],
    ...["'open", "'a' b'c'", "[1", "[1,,2]", "{'a' 1}", "{'a': 1", "1 2", "--5", "+-5", "-True"],
    ...["f'{x}'", "ur'x'", "a,b", "{{ x }}", "x=y", "1;", "~/x", "$HOME", "é", "\u00a01"],
    // Values without a JSON form.
    ...["{1, 2}", "set()", "1j", "1+2j", "...", "[b'x']", "{(1,): 2}", "1e999", "b'\\xff'"],
    "12345678901234567890",
    // Names of characters would take a table of all.
    "'\\N{DASH}'",
    "[".repeat(100_000),
  ];
  for (const text of texts) {
    it(`leaves ${text.slice(0, 30)} as it is`, () => assertEquals(read(text), "text"));
  }

  it("reads whatever Python writes", () => {
    const { value } = fc.letrec<{ value: VariableValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(fc.property(value, (each) => {
      assertEquals(readPythonLiteral(pythonText(each)), { value: each });
    }));
  });

  it("never fails", () => {
    const token = fc.constantFrom(
      ...[
        "1",
        "0",
        ".",
        "e",
        "-",
        "'",
        '"',
        "\\",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        ":",
        " ",
        "b'",
      ],
      ...["x", "u", "U0", "None", "#", "'''", "é", "\ud800"],
    );
    fc.assert(fc.property(fc.array(token, { maxLength: 20 }), (tokens) => {
      readPythonLiteral(tokens.join(""));
    }));
  });
});
