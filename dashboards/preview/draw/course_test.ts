import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { courseOf, type CourseOptions, extentOf, layersOf } from "./course.ts";

const options: CourseOptions = {
  range: { start: 100, end: 150 },
  step: 10,
  longestGap: 0,
  interpolation: "linear",
};

describe("the course of a series", () => {
  it("has a value for each step of the range, and gaps where there are none", () => {
    const course = courseOf([[100, 1], [110, 2], [140, 3]], options);
    assertEquals(course, [1, 2, undefined, undefined, 3, undefined]);
  });

  it("leaves out what is outside, and what is no number", () => {
    const course = courseOf([[50, 1], [110, NaN], [120, Infinity], [130, 4], [999, 5]], options);
    assertEquals(course, [undefined, undefined, undefined, 4, undefined, undefined]);
  });

  const gaps = [
    ["linear", 30, [1, 2, 3, 4]],
    ["stepAfter", 30, [1, 1, 1, 4]],
    ["stepBefore", 30, [1, 4, 4, 4]],
    ["linear", 29, [1, undefined, undefined, 4]],
  ] as const;
  for (const [interpolation, longestGap, expected] of gaps) {
    it(`goes over a gap of 30 s as ${expected} when it is ${interpolation} and spans ${longestGap} s`, () => {
      const course = courseOf([[100, 1], [130, 4]], { ...options, longestGap, interpolation });
      assertEquals(course.slice(0, 4), [...expected]);
    });
  }
});

describe("courses that are drawn together", () => {
  it("stand on zero", () => {
    const layers = layersOf([[1, 2], [3, -4]].map((values) => ({ values, isStacked: false })));
    assertEquals(layers[1], [{ base: 0, top: 3 }, { base: 0, top: -4 }]);
    assertEquals(extentOf(layers, false), { low: -4, high: 3 });
  });

  it("stand on each other when they are stacked, and on what there is in a gap", () => {
    const layers = layersOf(
      [[1, 2], [undefined, 3], [4, 5]].map((values) => ({ values, isStacked: true })),
    );
    assertEquals(layers[1], [undefined, { base: 2, top: 5 }]);
    assertEquals(layers[2], [{ base: 1, top: 5 }, { base: 5, top: 10 }]);
    assertEquals(extentOf(layers, true), { low: 0, high: 10 });
  });

  it("have an extent when there is nothing to draw", () => {
    assertEquals(extentOf([[undefined]], false), { low: 0, high: 1 });
  });
});
