import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Panel, readBoard } from "../board/board.ts";
import type { PanelData, TargetResult } from "../data/panel_data.ts";
import type { Series } from "../data/source.ts";
import { tableOf } from "./table_rows.ts";

function table(transformations: readonly object[]): Panel {
  return readBoard({
    uid: "u",
    title: "t",
    panels: [{ type: "table", gridPos: { x: 0, y: 0, w: 1, h: 1 }, transformations }],
  }, "board.json").panels[0]!;
}

function answers(
  ...results: readonly (readonly (readonly [Series["labels"], number])[])[]
): PanelData {
  return {
    range: { start: 0, end: 60 },
    step: 15,
    results: results.map((series, index): TargetResult => ({
      target: {
        refId: "ABC"[index]!,
        expr: "x",
        legendFormat: "",
        instant: true,
        range: false,
        interval: "",
        hide: false,
      },
      expression: "x",
      omitted: 0,
      series: series.map(([labels, value]) => ({ labels, points: [[60, value]] })),
    })),
  };
}

describe("a table", () => {
  it("has a row for each series, with its labels and its value", () => {
    const { columns, rows } = tableOf(table([]), answers([[{ host: "a" }, 1], [{ host: "b" }, 2]]));
    assertEquals(columns, ["Time", "host", "Value"]);
    assertEquals(rows.map((row) => [...row.values()]), [[60, "a", 1], [60, "b", 2]]);
  });

  it("joins answers on the labels that all of them have", () => {
    const { columns, rows } = tableOf(
      table([{ id: "merge" }]),
      answers(
        [[{ host: "a" }, 1], [{ host: "b" }, 0]],
        [[{ host: "a", release: "r2" }, 1]],
        [],
      ),
    );
    assertEquals(columns, ["Time", "host", "Value #A", "release", "Value #B"]);
    assertEquals(rows.map((row) => Object.fromEntries(row)), [
      { Time: 60, host: "a", "Value #A": 1, release: "r2", "Value #B": 1 },
      { Time: 60, host: "b", "Value #A": 0 },
    ]);
  });

  it("keeps rows apart that contradict each other", () => {
    const both = [[{ host: "a", release: "r1" }, 1], [{ host: "a", release: "r2" }, 1]] as const;
    const { rows } = tableOf(table([{ id: "merge" }]), answers([[{ host: "a" }, 5]], both));
    assertEquals(rows.map((row) => row.get("release")), ["r1", "r2"]);
  });

  it("hides, orders and renames columns", () => {
    const organize = {
      id: "organize",
      options: {
        excludeByName: { Time: true },
        indexByName: { Value: 0, host: 1 },
        renameByName: { Value: "Up" },
      },
    };
    const { columns, rows } = tableOf(table([organize]), answers([[{ host: "a" }, 1]]));
    assertEquals(columns, ["Up", "host"]);
    assertEquals([...rows[0]!], [["Up", 1], ["host", "a"]]);
  });

  it("says which transformations it leaves out", () => {
    const { unknown } = tableOf(table([{ id: "pivot" }]), answers([[{}, 1]]));
    assertEquals(unknown, ["pivot"]);
  });
});
