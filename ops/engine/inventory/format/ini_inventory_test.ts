import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { parseIniInventory } from "./ini_inventory.ts";

const builtin = (name: string): boolean => name === "all" || name === "ungrouped";

/** The mistakes of a text, one per line. */
function mistakesOf(text: string): string[] {
  const error = assertThrows(() => parseIniInventory(text, "hosts.ini", builtin), ConfigError);
  return error.message.split("\n");
}

describe("parseIniInventory", () => {
  it("gives what a text says in its order, with the lines", () => {
    const text = "solo a=1\n\n[web]\nw[1:2]:22 b=x # c\n[web:vars]\nc = [1]\n[top:children]\nweb\n";
    const at = (line: number): { file: string; line: number } => ({ file: "hosts.ini", line });
    assertEquals(parseIniInventory(text, "hosts.ini", builtin), [
      {
        kind: "hosts",
        names: ["solo"],
        group: "ungrouped",
        port: undefined,
        variables: [{ name: "a", value: 1, place: at(1) }],
        place: at(1),
      },
      { kind: "group", name: "web", place: at(3) },
      {
        kind: "hosts",
        names: ["w1", "w2"],
        group: "web",
        port: 22,
        variables: [{ name: "b", value: "x", place: at(4) }],
        place: at(4),
      },
      { kind: "variable", group: "web", variable: { name: "c", value: [1], place: at(6) } },
      { kind: "group", name: "top", place: at(7) },
      { kind: "child", parent: "top", child: "web", place: at(8) },
    ]);
  });

  it("takes groups that earlier sources have declared", () => {
    const known = (name: string): boolean => builtin(name) || name === "web";
    const statements = parseIniInventory("[web:vars]\na=1\n[x:children]\nweb\n", "b", known);
    assertEquals(statements.map(({ kind }) => kind), ["variable", "group", "child"]);
  });

  const wrong: [text: string, mistake: string][] = [
    [
      "[web:var]\na=1",
      'hosts.ini:1 as there is no such kind of section; the nearest valid kind is "vars": current value is "var"',
    ],
    ["[we b]", "hosts.ini:1 as a section must be [NAME], [NAME:children] or [NAME:vars]"],
    ["[]", "hosts.ini:1 as a section must be [NAME]"],
    [
      "h 'a",
      "hosts.ini:1 as a host and its variables as a quote (') is not closed: current value is \"h 'a\"",
    ],
    [
      "h a = 1",
      'hosts.ini:1 as variables of a host must be NAME=VALUE without spaces, or with quotes: current value is "a"',
    ],
    ["h =1", "hosts.ini:1 as a variable must have a name"],
    ["\n\nh[1:x]", "hosts.ini:3 as it must be [BEGIN:END]"],
    ["h:70000", "hosts.ini:1 as a port must be from 1 to 65535"],
    ["all:", 'hosts.ini:1 as a host must not end in ":", which is for its port; a YAML inventory'],
    ["---", "hosts.ini:1 as a host must not end in"],
    [
      "[web]\n[web:vars]\njust text",
      'hosts.ini:3 as a variable must be NAME=VALUE: current value is "just text"',
    ],
    ["[x:children]\na b", "hosts.ini:2 as [x:children] holds one name of a group on each line"],
    [
      "[relays]\n[x:children]\nrelay",
      'hosts.ini:3 as a group that is used as a child must be declared by a section of its own ([relay]); the nearest valid group is "relays": current value is "relay"',
    ],
    [
      "[relays]\n[relay:vars]\na=1",
      'hosts.ini:2 as a group with variables must be declared by a section of its own ([relay]); the nearest valid group is "relays"',
    ],
  ];
  for (const [text, mistake] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const [first = "", ...others] = mistakesOf(text);
      assertEquals(others, []);
      assertEquals(
        first.slice(0, "Cannot read ".length + mistake.length),
        `Cannot read ${mistake}`,
      );
    });
  }

  it("shows all mistakes, up to a bound", () => {
    const messages = mistakesOf("h a\n".repeat(50));
    assertEquals(messages.length, 21);
    assertEquals(messages[19]?.startsWith("Cannot read hosts.ini:20 as"), true);
    assertEquals(messages[20], "30 more mistakes are not shown");
  });

  it("reads or refuses every text", () => {
    const token = fc.constantFrom(
      ...[
        "[",
        "]",
        ":",
        "web",
        "all",
        "children",
        "vars",
        "=",
        " ",
        "\n",
        "\r\n",
        "'",
        '"',
        "#",
        ";",
      ],
      ...["[1:3]", "\\", "{", "1", "\u2028", "\x1b", "__proto__"],
    );
    fc.assert(fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
      try {
        parseIniInventory(tokens.join(""), "x", builtin);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }));
  });
});
