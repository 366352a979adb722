import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { parseJsonData } from "./json_data.ts";
import { parseScriptInventory, type ScriptInventory } from "./script_inventory.ts";

function parse(answer: unknown): ScriptInventory {
  return parseScriptInventory(parseJsonData(JSON.stringify(answer), "inv").root!, "inv --list");
}

describe("parseScriptInventory", () => {
  it("knows all forms of groups", () => {
    const { statements, hosts } = parse({
      web: { hosts: ["h1"], vars: { a: 1 }, children: ["db"] },
      db: ["h2"],
      alone: { x: 1 },
    });
    assertEquals([...hosts], ["h1", "h2", "alone"]);
    assertEquals(
      statements.map((each) => each.kind === "hosts" ? each.names.join() : each.kind),
      ["group", "h1", "variable", "group", "child", "group", "h2", "group", "alone", "variable"],
    );
  });

  it("tells whether it knows the variables of hosts", () => {
    assertEquals(parse({ web: ["h"] }).hostVariables, undefined);
    assertEquals(parse({ web: ["h"], _meta: {} }).hostVariables, undefined);
    const place = { file: "inv --list" };
    const { hostVariables } = parse({ _meta: { hostvars: { h: { a: [1] } } } });
    assertEquals(hostVariables, new Map([["h", [{ name: "a", value: [1], place }]]]));
  });

  const wrong: [answer: unknown, message: string][] = [
    [[], "the answer to --list must be an object, and not a list of 0"],
    [{ web: 5 }, 'the hosts of group "web" must be a list of names, and not the number 5'],
    [{ web: [5] }, 'the hosts of group "web" must be a list of names, and not other values'],
    [{ web: { hosts: null } }, 'the hosts of group "web" must be a list of names, and not nothing'],
    [{ web: { vars: [] } }, 'the variables of group "web" must be an object, and not a list of 0'],
    [{ web: { children: {} } }, 'the children of group "web" must be a list of names'],
    [{ _meta: { hostvars: [] } }, '"hostvars" of "_meta" must be an object, and not a list of 0'],
    [{ _meta: { hostvars: { h: 1 } } }, 'the variables of host "h" must be an object'],
  ];
  for (const [answer, message] of wrong) {
    it(`refuses ${JSON.stringify(answer)}`, () => {
      const said = assertThrows(() => parse(answer), ConfigError).message;
      assert(said.startsWith(`Cannot read inv --list as ${message}`), said);
    });
  }
});
