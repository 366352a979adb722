import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { WarningList } from "../mistakes.ts";
import { parseMappingInventory } from "./mapping_inventory.ts";
import type { InventoryStatement } from "./statement.ts";
import { parseYamlData } from "./yaml_data.ts";

function parse(text: string, warnings = new WarningList()): InventoryStatement[] {
  return parseMappingInventory(parseYamlData(text, "f.yml").root!, "f.yml", warnings);
}

describe("parseMappingInventory", () => {
  it("gives what a text says in its order, with the lines", () => {
    const at = (line: number): { file: string; line: number } => ({ file: "f.yml", line });
    const text =
      "all:\n  vars: {a: 1}\n  children:\n    web:\n      hosts:\n        w[1:2]: {b: 2}\n";
    assertEquals(parse(text), [
      { kind: "group", name: "all", place: at(1) },
      { kind: "variable", group: "all", variable: { name: "a", value: 1, place: at(2) } },
      { kind: "group", name: "web", place: at(4) },
      {
        kind: "hosts",
        names: ["w1", "w2"],
        group: "web",
        port: undefined,
        variables: [{ name: "b", value: 2, place: at(6) }],
        place: at(6),
      },
      { kind: "child", parent: "all", child: "web", place: at(4) },
    ]);
  });

  const odd: [text: string, warning: string][] = [
    [
      "web:\n  host: {h1: }",
      'f.yml:2: the key "host" of group "web" is skipped: the nearest valid key is "hosts"',
    ],
    [
      "web:\nversion: 2",
      'f.yml:2: "version" is skipped: a group must be a mapping, and not the number 2',
    ],
    [
      '"a\\e[31m": x',
      'f.yml:1: "a\\u001b[31m" is skipped: a group must be a mapping, and not a text',
    ],
  ];
  for (const [text, warning] of odd) {
    it(`warns of ${JSON.stringify(text)}`, () => {
      const warnings = new WarningList();
      parse(text, warnings);
      assertEquals(warnings.messages, [warning]);
    });
  }

  const wrong: [text: string, message: string][] = [
    ["- web", "f.yml:1 as an inventory must be a mapping of groups, and not a list of 1"],
    ["just text", "f.yml:1 as an inventory must be a mapping of groups, and not a text"],
    ["plugin: aws_ec2", "f.yml:1 as there is no support for Ansible's inventory plugins"],
    ["on: {}", "f.yml:1 as the name of a group must be a text; put it in quotes"],
    ["web: {hosts: {1: }}", "f.yml:1 as the name of a host must be a text; put it in quotes"],
    [
      "web:\n  hosts: [a]",
      'f.yml:2 as "hosts" of group "web" must be a mapping (each name ends in ":")',
    ],
    [
      "web:\n  hosts:\n    a: 5",
      'f.yml:3 as the variables of host "a" must be a mapping, and not the number 5',
    ],
    ["web:\n  children:\n    a: x", 'f.yml:3 as group "a" must be a mapping, and not a text'],
    ["web:\n  hosts:\n    a[1:x]:", "f.yml:3 as it must be [BEGIN:END]"],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const said = assertThrows(() => parse(text), ConfigError).message;
      assert(said.startsWith(`Cannot read ${message}`), said);
    });
  }

  it("shows all mistakes", () => {
    const text = "web:\n  hosts: {a: 5, 'b[': , c: }\n  children: 7\n";
    assertEquals(assertThrows(() => parse(text), ConfigError).message.split("\n").length, 3);
  });
});
