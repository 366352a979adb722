import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { textWidth } from "./text_width.ts";
import { timeMarks } from "./time_marks.ts";

const noon = Date.UTC(2026, 10, 26, 12) / 1000;

function texts(seconds: number, width: number): (string | undefined)[] {
  const range = { start: noon - seconds, end: noon };
  return timeMarks({ range, left: 0, width }, width).map(({ text }) => text);
}

describe("the times below a chart", () => {
  it("are round, and as close as they can be read", () => {
    assertEquals(texts(1800, 400), [
      undefined,
      "11:35",
      "11:40",
      "11:45",
      "11:50",
      "11:55",
      undefined,
    ]);
    assertEquals(texts(80, 300), ["11:59:00", "11:59:30", undefined]);
    assertEquals(texts(7 * 86_400, 300), ["11-21", "11-23", "11-25"]);
  });

  it("are where their time is", () => {
    const range = { start: noon, end: noon + 100 };
    const [first, second] = timeMarks({ range, left: 50, width: 1000 }, 1060);
    assertEquals([first!.x, second!.x], [50, 150]);
  });

  it("overlap neither each other nor the chart's ends, whatever the range", () => {
    const seconds = fc.integer({ min: 0, max: 20 * 365 * 86_400 });
    fc.assert(
      fc.property(seconds, seconds, fc.integer({ min: 1, max: 1600 }), (start, length, width) => {
        const marks = timeMarks(
          { range: { start, end: start + length }, left: 30, width },
          width + 40,
        );
        assert(marks.length <= width / 20 + 2, `${marks.length} marks`);
        let right = 0;
        for (const { x, text } of marks) {
          if (text === undefined) continue;
          assert(x - textWidth(text) / 2 >= right, `${text} overlaps`);
          right = x + textWidth(text) / 2;
        }
        assert(right <= width + 40);
      }),
    );
  });
});
