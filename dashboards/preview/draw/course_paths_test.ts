import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Layer } from "./course.ts";
import { areaPath, barsPath, dotsPath, type LayerScale, linePath } from "./course_paths.ts";

const scale: LayerScale = { x: (step) => step * 10, y: (value) => 100 - value };

function layerOf(tops: readonly (number | undefined)[], base = 0): Layer {
  return tops.map((top) => top === undefined ? undefined : { base, top });
}

describe("the path of a line", () => {
  it("goes from value to value, straight or in steps", () => {
    const layer = layerOf([1, 5, 2]);
    assertEquals(linePath(layer, scale, "linear"), "M0,99L10,95L20,98");
    assertEquals(linePath(layer, scale, "stepAfter"), "M0,99L10,99L10,95L20,95L20,98");
    assertEquals(linePath(layer, scale, "stepBefore"), "M0,99L0,95L10,95L10,98L20,98");
  });

  it("ends before a gap and begins anew after it; a lone value is a dot", () => {
    const layer = layerOf([1, 2, undefined, 3, undefined, 4, 5]);
    assertEquals(linePath(layer, scale, "linear"), "M0,99L10,98M30,97ZM50,96L60,95");
  });

  it("has only the ends of what stands still", () => {
    assertEquals(
      linePath(layerOf([7, 7, 7, 7, 8, 8, 8]), scale, "linear"),
      "M0,93L30,93L40,92L60,92",
    );
    assertEquals(
      linePath(layerOf([7, 7, 7, undefined, 7, 7, 7]), scale, "linear"),
      "M0,93L20,93M40,93L60,93",
    );
  });

  it("stays within numbers that a browser takes", () => {
    assertEquals(linePath(layerOf([1e300, -1e300]), scale, "linear"), "M0,-100000L10,100000");
  });
});

describe("the path of an area", () => {
  it("ends at what its values stand on", () => {
    assertEquals(
      areaPath(layerOf([10, 20], 5), scale, "linear"),
      "M0,90L10,80L10,95L0,95Z",
    );
  });
});

describe("the paths of single values", () => {
  it("are bars up from zero, or down", () => {
    assertEquals(barsPath(layerOf([10, undefined, -5]), scale), "M-4 90h8v10h-8zM16 100h8v5h-8z");
  });

  it("are dots", () => {
    assertEquals(dotsPath(layerOf([10, undefined, 5]), scale), "M0 90h0M20 95h0");
  });
});
