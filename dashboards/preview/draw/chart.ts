import type { EChartsOption } from "echarts";
import type { Size } from "../board/placement.ts";
import type { TimeRange } from "../data/source.ts";
import { Html } from "../page/html.ts";
import { formatClock } from "./clock.ts";

/** An event that is drawn over every chart. */
export interface Mark {
  /** Seconds since 1970. */
  readonly start: number;
  /** The same as `start` for a moment. */
  readonly end: number;
  /** CSS colour. */
  readonly color: string;
}

/** What all charts of a panel have in common. */
export interface ChartFrame {
  readonly size: Size;
  readonly range: TimeRange;
  readonly marks: readonly Mark[];
}

/** Width of a time with its seconds on an axis, and the space beside it. */
const markPx = 105;

/** The part of a chart's options that is about time: the axis below, and the marks. */
export function timeAxis({ range, size }: ChartFrame): NonNullable<EChartsOption["xAxis"]> {
  const seconds = range.end - range.start;
  const marks = Math.max(2, Math.floor(size.width / markPx));
  return {
    type: "time",
    min: range.start * 1000,
    max: range.end * 1000,
    splitNumber: marks,
    axisLine: { lineStyle: { color: "var(--grid)" } },
    axisTick: { lineStyle: { color: "var(--grid)" } },
    splitLine: { show: true, lineStyle: { color: "var(--grid)" } },
    axisLabel: {
      ...axisText,
      hideOverlap: true,
      showMinLabel: false,
      showMaxLabel: false,
      // One that reaches over the end would be cut off; `showMaxLabel` is for marks on the end only.
      formatter: (ms: number): string =>
        (range.end - ms / 1000) / seconds * size.width < markPx / 2
          ? ""
          : formatClock(ms / 1000, seconds / marks),
    },
  };
}

/** Text of axes; the colour follows the page's theme. */
export const axisText = { color: "var(--faint)", fontSize: 12, fontFamily: "inherit" } as const;

/** Straight lines over a chart, without words or arrows. */
export function lineMarks(data: readonly object[]): object {
  return { symbol: "none", label: { show: false }, data };
}

/** A series that draws nothing but the marks of events. */
export function markSeries({ marks }: ChartFrame): object {
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: lineMarks(marks.map(({ start, color }) => ({
      xAxis: start * 1000,
      lineStyle: { color, type: "dashed", width: 1 },
    }))),
    markArea: {
      silent: true,
      z: 0, // behind the lines and their areas
      data: shades(marks).map(({ start, end, color }) => [
        { xAxis: start * 1000, itemStyle: { color, opacity: 0.1 } },
        { xAxis: end * 1000 },
      ]),
    },
  };
}

/** The times of marks that last: those of one colour that overlap are one, and not twice as dark. */
function shades(marks: readonly Mark[]): Mark[] {
  const merged: Mark[] = [];
  for (const mark of marks.toSorted((a, b) => a.start - b.start)) {
    if (mark.end <= mark.start) continue;
    const at = merged.findLastIndex(({ color, end }) => color === mark.color && end >= mark.start);
    const before = merged[at];
    if (before === undefined) merged.push(mark);
    else merged[at] = { ...before, end: Math.max(before.end, mark.end) };
  }
  return merged;
}

/**
 * Draws a chart as SVG that scales with its panel.
 *
 * @param id Unlike that of any other chart on the page.
 */
export async function drawChart(id: string, size: Size, option: EChartsOption): Promise<Html> {
  // Loaded here, as what only reads dashboards should not wait for 3 MB of drawing code.
  const { init } = await import("echarts");
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption({ animation: false, useUTC: true, textStyle: axisText, ...option });
    return new Html(tidy(chart.renderToSVGString(), id));
  } finally {
    chart.dispose();
  }
}

/**
 * ECharts' SVG for a page without scripts: no styles for a mouse that is over something, and names
 * that count within the chart and not within this process, so that the same data gives the same page.
 */
function tidy(svg: string, id: string): string {
  return svg
    .replace(/<style\s*>.*?<\/style>\s*/s, "")
    .replace(/ (?:class="zr\d+-cls-\d+"|pointer-events="visible"|ecmeta_\w+="[^"]*")/g, "")
    .replace(/( id="|url\(#)zr\d+-/g, `$1${id}-`)
    .replace(
      /^<svg width="\d+" height="\d+" xmlns="[^"]*" xmlns:xlink="[^"]*" version="1.1" baseProfile="full"/,
      '<svg class="chart"',
    )
    .replaceAll("\n", "");
}
