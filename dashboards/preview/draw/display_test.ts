import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { FieldConfig } from "../board/board.ts";
import { cssColor } from "./colors.ts";
import { displayValue, fieldColor, patternOf } from "./display.ts";

function config(more: Partial<FieldConfig> = {}): FieldConfig {
  return { mappings: [], links: [], custom: {}, ...more } as FieldConfig;
}

const thresholds = {
  mode: "absolute",
  steps: [
    { value: null, color: "green" },
    { value: 10, color: "orange" },
    { value: 20, color: "red" },
  ],
};

describe("the colour of a value", () => {
  const cases = [[-5, "green"], [9.9, "green"], [10, "orange"], [19, "orange"], [
    20,
    "red",
  ]] as const;
  for (const [value, color] of cases) {
    it(`is ${color} at ${value}`, () => {
      assertEquals(displayValue(value, config({ thresholds })).color, cssColor(color));
    });
  }

  it("of thresholds in percent goes by the field's ends", () => {
    const percent = { ...thresholds, mode: "percentage" };
    const { color } = displayValue(3, config({ thresholds: percent, min: 0, max: 20 }));
    assertEquals(color, cssColor("orange"));
  });

  it("of a series is fixed, its last value's, or the palette's", () => {
    const fixed = config({ color: { mode: "fixed", fixedColor: "purple" } });
    assertEquals(fieldColor(fixed, 3, 1), cssColor("purple"));
    const byValue = config({ color: { mode: "thresholds" }, thresholds });
    assertEquals(fieldColor(byValue, 0, 25), cssColor("red"));
  });
});

describe("a mapped value", () => {
  const mappings: FieldConfig["mappings"] = [
    { type: "value", options: { "1": { text: "up", color: "green" }, down: { text: "DOWN" } } },
    { type: "range", options: { from: 5, to: null, result: { text: "many" } } },
    { type: "special", options: { match: "nan", result: { text: "nothing" } } },
    { type: "regex", options: { pattern: "/^rel.*/", result: { text: "a relay" } } },
  ];
  const cases = [[1, "up"], [7, "many"], [2, "2"], [NaN, "nothing"], ["down", "DOWN"]] as const;
  for (
    const [value, text] of [...cases, ["relay1", "a relay"], ["__proto__", "__proto__"]] as const
  ) {
    it(`reads ${text} for ${value}`, () => {
      assertEquals(displayValue(value, config({ mappings })).text, text);
    });
  }

  it("of a wrong regular expression is itself", () => {
    assertEquals(patternOf("/(/"), undefined);
  });
});
