import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "../../../../tunnel/errors.ts";
import type { VariableValue } from "../inventory.ts";
import { memberOf, plainValue } from "./data_node.ts";
import { parseYamlData } from "./yaml_data.ts";

function read(text: string): VariableValue | undefined {
  const { root } = parseYamlData(text, "f.yml");
  return root === undefined ? undefined : plainValue(root);
}

function mistake(text: string): string {
  return assertThrows(() => read(text), ConfigError).message;
}

/** Each line ten times the one before: 10 to the power of `lines` values. */
function bomb(lines: number): string {
  const rows = Array.from({ length: lines }, (_, i) => {
    const item = i === 0 ? "x" : `*a${i - 1}`;
    return `a${i}: &a${i} [${Array(10).fill(item).join(", ")}]`;
  });
  return rows.join("\n");
}

describe("parseYamlData", () => {
  it("knows the lines of keys and values", () => {
    const { root } = parseYamlData("# c\na:\n  b: 1\n  c: [x,\n   y]\n", "f");
    assert(root !== undefined);
    const a = memberOf(root, "a")!;
    assertEquals([a.line, a.value.line], [2, 3]);
    const c = memberOf(a.value, "c")!;
    assert(c.value.kind === "list");
    assertEquals([c.line, ...c.value.items.map(({ line }) => line)], [4, 4, 5]);
  });

  it("tells apart keys that are no texts", () => {
    const { root } = parseYamlData("on: 1\n'off': 2\n3: 4\n~: 5", "f");
    assert(root?.kind === "mapping");
    assertEquals(root.members.map(({ name, isText }) => [name, isText]), [
      ["true", false],
      ["off", true],
      ["3", false],
      ["null", false],
    ]);
  });

  it("says of a key that is there twice, and takes the last", () => {
    const { root, oddities } = parseYamlData("a: 1\nb: 2\na: 3", "f");
    assertEquals(root && plainValue(root), { a: 3, b: 2 });
    assertEquals(oddities, [{
      line: 3,
      text: 'the key "a" is there twice; its last value counts',
    }]);
  });

  it("follows aliases and merges", () => {
    const text = "base: &b {x: 1, y: 1}\nnext: &b {y: 2}\nm: {<<: *b, z: 3}\nn: {y: 0, <<: *b}\n";
    assertEquals(read(text), {
      base: { x: 1, y: 1 },
      next: { y: 2 },
      m: { y: 2, z: 3 },
      n: { y: 0 },
    });
    assertEquals(read("- &a {x: 1, y: 1}\n- &b {x: 2}\n- {<<: [*b, *a]}"), [
      { x: 1, y: 1 },
      { x: 2 },
      { x: 2, y: 1 },
    ]);
  });

  it("marks what is encrypted, and what is no template", () => {
    assertEquals(read("a: !vault |\n  $ANSIBLE\nb: !unsafe '{{ x }}'"), {
      a: { __ansible_vault: "$ANSIBLE\n" },
      b: { __ansible_unsafe: "{{ x }}" },
    });
  });

  it("takes dangerous names for names", () => {
    const value = read("__proto__: {polluted: yes}\nconstructor: 1");
    assertEquals(Object.keys(value as object), ["__proto__", "constructor"]);
    assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
  });

  it("has nothing to say of an empty text", () => {
    for (const text of ["", "# c\n", "---\n", "~"]) assertEquals(read(text), undefined, text);
  });

  const wrong: [text: string, message: string][] = [
    ["a: [1", "Cannot read f.yml:1 as YAML: "],
    ["a: 1\n\tb: 2", "Cannot read f.yml:2 as YAML: "],
    ["a: 1\n---\nb: 2", "Cannot read f.yml:2 as YAML: "],
    [
      "a: *x",
      'Cannot read f.yml:1 as an alias needs an anchor in front of it: current value is "*x"',
    ],
    ["\na: &a [*a]", "Cannot read f.yml:2 as an alias must not stand for what it is a part of"],
    ["{a: 1}: b", "Cannot read f.yml:1 as a key must be a text, no list and no mapping"],
    ["<<: 5", 'Cannot read f.yml:1 as "<<" must be given a mapping, or a list of mappings'],
    [
      "a: !!python/object:x 1",
      "Cannot read f.yml:1 as there is no support for the tag !!python/object:x",
    ],
    ["a: !custom [1]", "Cannot read f.yml:1 as there is no support for the tag !custom here"],
    ["a: 2024-99-01", "Cannot read f.yml:1 as there is no such date or time; put a text in quotes"],
    [bomb(9), "as a file may hold at most 1000000 values, those that aliases stand for included"],
    ["[".repeat(20_000), "Cannot read f.yml:1 as values may be nested 64 deep"],
    [
      `a: ${"[".repeat(65)}${"]".repeat(65)}`,
      "Cannot read f.yml:1 as values may be nested 64 deep",
    ],
    ["- ".repeat(20_000), "Cannot read f.yml:1 as values may be nested 64 deep"],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
      const said = mistake(text);
      assert(said.includes(message), said);
    });
  }

  it("reads or refuses every text", () => {
    const token = fc.constantFrom(
      ...[
        "a",
        "b: ",
        "- ",
        "? ",
        "&a ",
        "*a",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "|\n",
        ">\n",
      ],
      ...["\n", "\n  ", "\t", "!", "!!int ", "!vault ", "#", "%", "---\n", "...\n", "0x", "\u0085"],
    );
    fc.assert(fc.property(fc.array(token, { maxLength: 25 }), (tokens) => {
      try {
        read(tokens.join(""));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }));
  });
});
