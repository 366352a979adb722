import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../tunnel/errors.ts";
import { readBoard, withProperty } from "./board.ts";

const least = { uid: "u", title: "t" };

describe("a dashboard's JSON", () => {
  it("may leave out, or have null for, whatever Grafana has a default for", () => {
    const board = readBoard({
      ...least,
      description: null,
      panels: [{ type: "text", gridPos: { x: 0, y: 0, w: 1, h: 1 }, targets: [{ expr: "up" }] }],
    }, "board.json");
    assertEquals(board.description, "");
    assertEquals(board.panels[0]!.targets[0]!.refId, "A");
    assertEquals(board.panels[0]!.fieldConfig.defaults.mappings, []);
  });

  const wrong = [
    ["a list", []],
    ["a number for a title", { ...least, title: 1 }],
    ["a panel without a place", { ...least, panels: [{ type: "stat" }] }],
    ["a mapping of no known kind", {
      ...least,
      panels: [{
        type: "stat",
        gridPos: { x: 0, y: 0, w: 1, h: 1 },
        fieldConfig: { defaults: { mappings: [{ type: "magic" }] } },
      }],
    }],
  ] as const;
  for (const [what, json] of wrong) {
    it(`is refused with ${what}`, () => {
      assertThrows(() => readBoard(json, "x.json"), ConfigError, 'Cannot preview "x.json"');
    });
  }
});

describe("an override", () => {
  const { defaults } = readBoard({
    ...least,
    panels: [{ type: "stat", gridPos: { x: 0, y: 0, w: 1, h: 1 } }],
  }, "board.json").panels[0]!.fieldConfig;

  it("replaces one setting of a field", () => {
    assertEquals(withProperty(defaults, "unit", "s").unit, "s");
    assertEquals(withProperty(defaults, "custom.fillOpacity", 40).custom, { fillOpacity: 40 });
  });

  it("of a wrong type changes nothing", () => {
    assertEquals(withProperty(defaults, "unit", { a: 1 }), defaults);
  });
});
