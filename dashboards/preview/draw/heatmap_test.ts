import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { bucketCells } from "./heatmap.ts";

describe("the cells of a heat map", () => {
  it("count what is in one bucket, of series that count everything below", () => {
    const { bounds, cells } = bucketCells([
      { labels: { le: "+Inf" }, points: [[0, 10], [15, 4]] },
      { labels: { le: "0.1" }, points: [[0, 2], [15, 4]] },
      { labels: { le: "1" }, points: [[0, 7], [15, 4]] },
    ]);
    assertEquals(bounds, [0.1, 1, Infinity]);
    assertEquals(cells, [
      { start: 0, row: 0, count: 2 },
      { start: 15, row: 0, count: 4 },
      { start: 0, row: 1, count: 5 },
      { start: 0, row: 2, count: 3 },
    ]);
  });

  it("leave out what has no bound, and counts that are no numbers", () => {
    const { bounds, cells } = bucketCells([
      { labels: {}, points: [[0, 1]] },
      { labels: { le: "<script>" }, points: [[0, 1]] },
      { labels: { le: "1" }, points: [[0, NaN], [15, Infinity], [30, -1]] },
    ]);
    assertEquals({ bounds, cells }, { bounds: [1], cells: [] });
  });
});
