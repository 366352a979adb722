import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readBoard } from "./board.ts";
import { sectionsOf, sizeInPx } from "./placement.ts";

function panel(id: number, x: number, y: number, more: object = {}): object {
  return { id, type: "stat", gridPos: { x, y, w: 12, h: 4 }, ...more };
}
const row = (id: number, y: number, more: object = {}): object => ({
  ...panel(id, 0, y, more),
  type: "row",
});

describe("the place of panels", () => {
  it("counts from their row, and from the top above the first", () => {
    const board = readBoard({
      uid: "u",
      title: "t",
      panels: [
        panel(1, 0, 0),
        row(2, 4),
        panel(3, 0, 5),
        panel(4, 12, 5),
        panel(5, 0, 9),
        row(6, 13, { collapsed: true, panels: [panel(7, 0, 14), panel(8, 12, 14)] }),
        row(9, 14),
        panel(10, 0, 15),
      ],
    }, "board.json");
    assertEquals(
      sectionsOf(board).map(({ row, isOpen, panels }) => ({
        row: row?.id,
        isOpen,
        panels: panels.map(({ panel: { id }, x, y }) => [id, x, y]),
      })),
      [
        { row: undefined, isOpen: true, panels: [[1, 0, 0]] },
        { row: 2, isOpen: true, panels: [[3, 0, 0], [4, 12, 0], [5, 0, 4]] },
        { row: 6, isOpen: false, panels: [[7, 0, 0], [8, 12, 0]] },
        { row: 9, isOpen: true, panels: [[10, 0, 0]] },
      ],
    );
  });

  it("gives cells the size that Grafana gives them", () => {
    assertEquals(sizeInPx({ w: 24, h: 1 }, 1568), { width: 1568, height: 30 });
    assertEquals(sizeInPx({ w: 12, h: 8 }, 1568), { width: 780, height: 296 });
  });
});
