import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Point } from "../data/source.ts";
import { drawStateTimeline } from "./state_timeline.ts";
import { panelContext } from "./test_panel.ts";

const mappings = [{
  type: "value",
  options: { "0": { text: "down", color: "red" }, "1": { text: "up", color: "green" } },
}];

function draw(points: readonly Point[], options: object = {}, host = "relay01"): string {
  const context = panelContext(
    { type: "state-timeline", options, fieldConfig: { defaults: { mappings }, overrides: [] } },
    [{ labels: { host }, points }],
  );
  return drawStateTimeline(context)?.text ?? "";
}

/** The states that are written in bars. */
function states(text: string): string[] {
  return text.matchAll(/class="state[^>]*>([^<]*)</g).map(([, state]) => state!).toArray();
}

/** How many bars there are. */
function barCount(text: string): number {
  const [, data = ""] = /<g class="data">(.*?)<\/g>/s.exec(text) ?? [];
  return data.match(/M[\d.]+ [\d.]+h/g)?.length ?? 0;
}

const upDownUp: readonly Point[] = [
  ...[0, 10, 20, 30].map((time) => [time, 1] as const),
  [40, 0],
  ...[50, 60, 70, 80, 90].map((time) => [time, 1] as const),
];

describe("a timeline of states", () => {
  it("has a bar for each time that a state lasted, with its name", () => {
    const text = draw(upDownUp);
    assertEquals(barCount(text), 3);
    assertEquals(states(text), ["up", "down", "up"]);
  });

  it("has no names where they don't fit, or where the panel wants none", () => {
    const short = upDownUp.map(([time, value]) => [time / 10, value] as const);
    assertEquals(states(draw(short)), ["up"]);
    assertEquals(states(draw(upDownUp, { showValue: "never" })), []);
  });

  it("is open where there is no value", () => {
    assertEquals(barCount(draw([[0, 1], [10, 1], [60, 1], [70, 1]])), 2);
  });

  it("shortens names of rows that would take the room of the bars", () => {
    const text = draw(upDownUp, {}, `${"a".repeat(500)}`);
    assertStringIncludes(text, "…</text>");
    const [, width = "0"] = /<svg x="[\d.]+" y="[\d.]+" width="([\d.]+)"/.exec(text) ?? [];
    assertEquals(Number(width) > 300, true);
  });
});
