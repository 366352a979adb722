import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { acrossPath, downPath, px, rectanglesPath } from "./shapes.ts";

describe("a drawing", () => {
  it("has lengths of tenths of a px, and none that a browser can't take", () => {
    assertEquals([1 / 3, -0.04, 1e300, -Infinity].map((length) => String(px(length))), [
      "0.3",
      "0",
      "100000",
      "-100000",
    ]);
  });

  it("has all rectangles of a colour in one path", () => {
    assertEquals(
      rectanglesPath([
        { x: 1, y: 2.04, width: 3, height: 4 },
        { x: 5, y: 6, width: 7.5, height: 8 },
      ]),
      "M1 2h3v4h-3zM5 6h7.5v8h-7.5z",
    );
  });

  it("has lines across and down, none twice at the same place", () => {
    assertEquals(acrossPath([0, 10], 5, 95), "M5 0H95M5 10H95");
    assertEquals(downPath([3, 3.01, 4], 0, 10), "M3 0V10M4 0V10");
  });
});
