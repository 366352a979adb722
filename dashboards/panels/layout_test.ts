import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { layOut } from "./layout.ts";
import type { SizedPanel } from "./panel.ts";

const sized = (title: string, width: number, height = 8): SizedPanel => ({
  panel: { type: "stat", title },
  width,
  height,
});

/** Each panel as `title@x,y wxh`. */
const places = (panels: ReturnType<typeof layOut>): string[] =>
  panels.map(({ title, gridPos }) => {
    const { x, y, w, h } = gridPos!;
    return `${title}@${x},${y} ${w}x${h}`;
  });

describe("layOut", () => {
  it("stretches each line to the whole width and to its highest panel", () => {
    const panels = [sized("a", 8), sized("b", 8, 4), sized("c", 12), sized("d", 5)];
    assertEquals(places(layOut([{ panels }])), [
      "a@0,0 12x8",
      "b@12,0 12x8",
      "c@0,8 17x8",
      "d@17,8 7x8",
    ]);
  });

  it("shares out what does not divide evenly", () => {
    const line = Array.from({ length: 7 }, (_, index) => sized(String(index), 3));
    const widths = layOut([{ panels: line }]).map(({ gridPos }) => gridPos!.w);
    assertEquals(widths.reduce((sum, width) => sum + width), 24);
    assert(widths.every((width) => width === 3 || width === 4));
  });

  it("puts an open row's panels after the row, and a closed one's into it", () => {
    const laidOut = layOut([
      { title: "open", panels: [sized("a", 24)] },
      { title: "closed", isCollapsed: true, panels: [sized("b", 24)] },
      { title: "last", panels: [sized("c", 24)] },
    ]);
    assertEquals(places(laidOut), [
      "open@0,0 24x1",
      "a@0,1 24x8",
      "closed@0,9 24x1",
      "last@0,10 24x1",
      "c@0,11 24x8",
    ]);
    const rows = laidOut.filter(({ type }) => type === "row") as RowPanel[];
    assertEquals(rows.map(({ collapsed }) => collapsed), [false, true, false]);
    assertEquals(places(rows[1]!.panels), ["b@0,10 24x8"]);
  });

  it("numbers rows and panels in the order in which one reads them", () => {
    const laidOut = layOut([
      { panels: [sized("a", 12)] },
      { title: "closed", isCollapsed: true, panels: [sized("b", 12), sized("c", 12)] },
      { title: "open", panels: [] },
    ]);
    assertEquals(laidOut.map(({ id }) => id), [1, 2, 5]);
    assertEquals((laidOut[1] as RowPanel).panels.map(({ id }) => id), [3, 4]);
  });

  it("makes two of a panel that is given twice", () => {
    const panel = sized("a", 12);
    const [first, second] = layOut([{ panels: [panel, panel] }]);
    assert(first !== second);
    assertEquals([first!.id, second!.id], [1, 2]);
    assertEquals(panel.panel, { type: "stat", title: "a" });
  });

  for (const [width, height] of [[25, 8], [0, 8], [8, 0], [NaN, 8]] as const) {
    it(`refuses a panel of ${width} x ${height}`, () => {
      assertThrows(() => layOut([{ panels: [sized("a", width, height)] }]), TypeError, `"a"`);
    });
  }
});
