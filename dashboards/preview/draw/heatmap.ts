import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import type { Series } from "../data/source.ts";
import { type ChartFrame, drawChart, type Plot, plotBeside, plotX } from "./chart.ts";
import { heatColor } from "./colors.ts";
import type { PanelContext } from "./panel_context.ts";
import { fillPath, rectanglesPath } from "./shapes.ts";
import { formatValue } from "./units.ts";

const optionsSchema = v.object({
  color: v.fallback(
    v.object({
      scheme: v.fallback(v.string(), "Oranges"),
      exponent: v.fallback(v.number(), 0.5),
      reverse: v.fallback(v.boolean(), false),
    }),
    { scheme: "Oranges", exponent: 0.5, reverse: false },
  ),
  yAxis: v.fallback(v.object({ unit: v.fallback(v.string(), "") }), { unit: "" }),
  legend: v.fallback(v.object({ show: v.fallback(v.boolean(), true) }), { show: true }),
});

/** One bucket at one time. */
export interface HeatCell {
  readonly start: number;
  /** Index of the bucket, from the lowest. */
  readonly row: number;
  readonly count: number;
}

const legendPx = 22;
/** Space between cells. */
const gapPx = 0.5;
/** Different colours of cells; more are not told apart. */
const colorCount = 32;

/** How often each bucket of a histogram was hit, over time. */
export function drawHeatmap(context: PanelContext): Html | undefined {
  const { panel, data, size, marks } = context;
  const { bounds, cells } = bucketCells(data.results.flatMap(({ series }) => series));
  const most = cells.reduce((high, { count }) => Math.max(high, count), 0);
  if (most === 0) return undefined;
  const options = v.parse(optionsSchema, panel.options);
  const unit = options.yAxis.unit || panel.fieldConfig.defaults.unit;
  const colorOf = (share: number): string => {
    const bent = Math.ceil(share ** options.color.exponent * colorCount) / colorCount;
    return heatColor(options.color.scheme, options.color.reverse ? 1 - bent : bent);
  };
  const height = Math.max(size.height - (options.legend.show ? legendPx : 0), 1);
  const frame: ChartFrame = { size: { width: size.width, height }, range: data.range, marks };
  const texts = bounds.map((bound) => formatValue(bound, { unit }));
  const plot = plotBeside(texts, frame);
  const band = plot.area.height / bounds.length;
  const chart = drawChart(plot, {
    labels: texts.map((text, row) => ({ y: plot.area.height - (row + 0.5) * band, text })),
    data: drawCells(cells, data.step, plot, band, (count) => colorOf(count / most)),
  });
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => colorOf(share)).join(",");
  return html`${chart}${
    options.legend.show && html`
      <p
        class="scale"><span>0</span><i style="background:linear-gradient(90deg,${stops})"></i><span>${formatValue(
          most,
          { unit: "short" },
        )}</span></p>
    `
  }`;
}

/** Counts of each bucket, of series that count everything up to a bound (`le`). */
export function bucketCells(
  series: readonly Series[],
): { readonly bounds: readonly number[]; readonly cells: readonly HeatCell[] } {
  const buckets = series.flatMap(({ labels, points }) => {
    const le = labels["le"] ?? "";
    const bound = le === "+Inf" ? Infinity : le === "" ? NaN : Number(le);
    return Number.isNaN(bound) ? [] : [{ bound, counts: new Map(points) }];
  }).sort((a, b) => a.bound - b.bound);
  const cells = buckets.flatMap(({ counts }, row) =>
    counts.entries().flatMap(([start, upTo]): HeatCell[] => {
      const below = row === 0 ? 0 : buckets[row - 1]!.counts.get(start) ?? 0;
      // Rates of two buckets come from the same scrapes; what is below zero is rounding.
      const count = upTo - below;
      return count > 0 && Number.isFinite(count) ? [{ start, row, count }] : [];
    }).toArray()
  );
  return { bounds: buckets.map(({ bound }) => bound), cells };
}

/** The cells, a path for all of one colour. */
function drawCells(
  cells: readonly HeatCell[],
  step: number,
  plot: Plot,
  band: number,
  colorOf: (count: number) => string,
): Html {
  const { area: { height } } = plot;
  const colored = Map.groupBy(cells, ({ count }) => colorOf(count));
  const paths = colored.entries().map(([color, cells]) => {
    const rectangles = cells.map(({ start, row }) => {
      // A value tells of the step before its time.
      const x = plotX(plot, start - step);
      const width = plotX(plot, start) - x - gapPx;
      return { x, y: height - (row + 1) * band, width, height: band - gapPx };
    });
    return fillPath(rectanglesPath(rectangles), color);
  });
  return html`${paths.toArray()}`;
}
