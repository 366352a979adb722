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
    const panels = [sized("a", 8), sized("b", 8, 4), sized("c", 12)];
    assertEquals(places(layOut([{ panels }])), ["a@0,0 12x8", "b@12,0 12x8", "c@0,8 24x8"]);
  });

  it("puts panels of different widths into one line only if they fill it", () => {
    const filling = [sized("a", 10), sized("b", 10), sized("c", 4)];
    assertEquals(places(layOut([{ panels: filling }])), [
      ...["a@0,0 10x8", "b@10,0 10x8", "c@20,0 4x8"],
    ]);
    const others = [sized("a", 8), sized("b", 12), sized("c", 12)];
    assertEquals(places(layOut([{ panels: others }])), [
      ...["a@0,0 24x8", "b@0,8 12x8", "c@12,8 12x8"],
    ]);
  });

  it("leaves no panel alone while the line before it has three", () => {
    const panels = ["a", "b", "c", "d", "e", "f", "g"].map((title) => sized(title, 8));
    assertEquals(places(layOut([{ panels }])), [
      ...["a@0,0 8x8", "b@8,0 8x8", "c@16,0 8x8"],
      ...["d@0,8 12x8", "e@12,8 12x8", "f@0,16 12x8", "g@12,16 12x8"],
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
