import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { html } from "../page/html.ts";
import { type ChartFrame, drawChart, type Mark, plotBeside, plotX } from "./chart.ts";

const start = 1_795_680_000;

function frameOf(marks: readonly Mark[] = []): ChartFrame {
  return { size: { width: 500, height: 200 }, range: { start, end: start + 1000 }, marks };
}

function draw(marks: readonly Mark[] = []): string {
  return drawChart(plotBeside(["1"], frameOf(marks)), { labels: [], data: html`` }).text;
}

describe("a chart", () => {
  it("has more room beside its data for longer texts", () => {
    const [narrow, wide] = [["1"], ["1", "connector01"]].map((texts) =>
      plotBeside(texts, frameOf()).area
    );
    assert(wide!.x > narrow!.x && wide!.width < narrow!.width);
    assertEquals(wide!.x + wide!.width, narrow!.x + narrow!.width);
  });

  it("has the whole range of time on its width", () => {
    const plot = plotBeside([], frameOf());
    const xs = [0, 500, 1000].map((seconds) => plotX(plot, start + seconds));
    assertEquals(xs, [0, plot.area.width / 2, plot.area.width]);
  });

  it("writes as many texts at its side as there is room for", () => {
    const labels = Array.from({ length: 20 }, (_, i) => ({ y: i * 8, text: `<${i}>` }));
    const { text } = drawChart(plotBeside(["<19>"], frameOf()), { labels, data: html`` });
    const written = text.matchAll(/&lt;(\d+)&gt;/g).map(([, number]) => Number(number)).toArray();
    assertEquals(written, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });

  it("shades the time of events once, however many of a colour overlap", () => {
    const text = draw([
      { start, end: start + 300, color: "red" },
      { start: start + 200, end: start + 500, color: "red" },
      { start: start + 100, end: start + 200, color: "blue" },
    ]);
    const shades = text.matchAll(/fill="(\w+)" fill-opacity="0.1"/g).map(([, color]) => color);
    assertEquals([...shades], ["red", "blue"]);
  });

  it("draws when events are as lines, and those at one place once", () => {
    const at = start + 500;
    const text = draw(Array.from({ length: 9 }, () => ({ start: at, end: at, color: "red" })));
    assertEquals(text.match(/stroke="red"[^>]*d="(M\d+(\.\d)? 0V\d+)"/)?.length, 3);
    assertEquals(text.split('stroke="red"').length, 2);
  });

  it("has a size for a panel that has no room, and for a range without length", () => {
    const frame = { size: { width: 1, height: 1 }, range: { start, end: start }, marks: [] };
    const plot = plotBeside(["a text that is longer than the chart"], frame);
    const { text } = drawChart(plot, { labels: [{ y: 0, text: "a" }], data: html`` });
    assertFalse(/NaN|Infinity|width="-|height="-/.test(text), text);
  });

  it("is all of the data's, with nothing that another chart on the page could meet", () => {
    const text = draw([{ start, end: start + 1, color: "red" }]);
    assertStringIncludes(text, '<svg class="chart" viewBox="0 0 500 200">');
    assertFalse(/\sid=|url\(/.test(text));
  });
});
