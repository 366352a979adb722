import { assert, assertEquals, assertFalse } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { panelContext } from "./test_panel.ts";
import { drawTimeSeries } from "./time_series.ts";

const times = Array.from({ length: 11 }, (_, i) => i * 10);

/** The drawing of series of these values, one every 10 s. */
function draw(custom: object, series: readonly (readonly number[])[], defaults = {}): string {
  const context = panelContext(
    { type: "timeseries", fieldConfig: { defaults: { ...defaults, custom }, overrides: [] } },
    series.map((values, i) => ({
      labels: { i: String(i) },
      points: values.map((value, at) => [times[at]!, value] as const),
    })),
  );
  return drawTimeSeries(context)?.text ?? "";
}

/** Classes, or `area`, of what is drawn, in order. */
function kinds(text: string): string[] {
  const [, data = ""] = /<g class="data">(.*?)<\/svg>/s.exec(text) ?? [];
  return data.matchAll(/<path (?:class="([^"]*)"|fill=)/g).map(([, kind]) => kind ?? "area")
    .toArray();
}

describe("a panel of lines", () => {
  const values = times.map((time) => 10 + time);
  const styles = [
    ["a line", {}, ["line"]],
    ["a dashed line", { lineStyle: { fill: "dash" } }, ["line dashed"]],
    ["a line over an area", { fillOpacity: 8 }, ["area", "line"]],
    ["an area alone", { fillOpacity: 8, lineWidth: 0 }, ["area"]],
    ["bars", { drawStyle: "bars" }, ["area"]],
    ["points", { drawStyle: "points" }, ["line"]],
  ] as const;
  for (const [what, custom, expected] of styles) {
    it(`draws ${what} where the panel says so`, () => {
      assertEquals(kinds(draw(custom, [values])), [...expected]);
    });
  }

  it("draws thresholds that are on the axis", () => {
    const steps = [5, 1000].map((value) => ({ value, color: "red" }));
    const thresholds = { mode: "absolute", steps: [{ value: null, color: "green" }, ...steps] };
    const lines = (mode: string): string[] =>
      kinds(draw({ thresholdsStyle: { mode } }, [values], { min: 0, thresholds })).slice(1);
    assertEquals(lines("off"), []);
    assertEquals(lines("line"), ["line"]);
    assertEquals(lines("dashed"), ["line dashed"]);
  });

  it("has an axis for the sum of what is stacked", () => {
    const series = [times.map(() => 30), times.map(() => 40)];
    const marks = (mode: string): string[] =>
      draw({ stacking: { mode } }, series).matchAll(/<text[^>]*>(\d+)<\/text>/g).map(([, mark]) =>
        mark!
      ).toArray();
    assert(Math.max(...marks("normal").map(Number)) >= 70);
    assert(Math.max(...marks("none").map(Number)) < 70);
  });

  it("writes numbers only, whatever the values and ends of the axis are", () => {
    const hostile = [1e308, -1e308, NaN, Infinity, -Infinity, 5e-324, 0, 1e308, 1e308, 1, 2];
    for (const defaults of [{}, { min: 0, max: 0 }, { min: 5, max: -5 }, { max: 1e-9 }]) {
      for (const mode of ["none", "normal"]) {
        const text = draw({ stacking: { mode }, fillOpacity: 8 }, [hostile, hostile], defaults);
        assertFalse(/[ "ML,-](NaN|Infinity)/.test(text), JSON.stringify({ defaults, mode }));
      }
    }
  });
});
