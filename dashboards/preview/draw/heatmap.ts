import type { CustomSeriesRenderItem } from "echarts";
import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import type { Series } from "../data/source.ts";
import { axisText, type ChartFrame, drawChart, markSeries, timeAxis } from "./chart.ts";
import { heatColor } from "./colors.ts";
import type { PanelContext } from "./panel_context.ts";
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

/** How often each bucket of a histogram was hit, over time. */
export async function drawHeatmap(context: PanelContext): Promise<Html | undefined> {
  const { panel, data, size, marks, id } = context;
  const { bounds, cells } = bucketCells(data.results.flatMap(({ series }) => series));
  const most = cells.reduce((high, { count }) => Math.max(high, count), 0);
  if (most === 0) return undefined;
  const options = v.parse(optionsSchema, panel.options);
  const unit = options.yAxis.unit || panel.fieldConfig.defaults.unit;
  const colorOf = (share: number): string => {
    const bent = share ** options.color.exponent;
    return heatColor(options.color.scheme, options.color.reverse ? 1 - bent : bent);
  };
  const height = size.height - (options.legend.show ? legendPx : 0);
  const frame: ChartFrame = { size: { width: size.width, height }, range: data.range, marks };
  const chart = await drawChart(id, frame.size, {
    grid: { left: 14, right: 16, top: 8, bottom: 4, containLabel: true },
    xAxis: timeAxis(frame),
    yAxis: {
      type: "category",
      data: bounds.map((bound) => formatValue(bound, { unit })),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...axisText, hideOverlap: true },
    },
    series: [
      {
        type: "custom",
        silent: true,
        clip: true,
        renderItem: renderCell(cells, data.step, (count) => colorOf(count / most)),
        encode: { x: 0, y: 1 },
        data: cells.map(({ start, row }) => [start * 1000, row]),
      },
      markSeries(frame),
    ],
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

function renderCell(
  cells: readonly HeatCell[],
  step: number,
  colorOf: (count: number) => string,
): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const { start, row, count } = cells[dataIndex]!;
    // A value tells of the step before its time.
    const [left = 0, middle = 0] = api.coord([(start - step) * 1000, row]);
    const [right = 0] = api.coord([start * 1000, row]);
    const band = api.size?.([0, 1]);
    const height = Array.isArray(band) ? band[1] ?? 0 : 0;
    return {
      type: "rect",
      shape: { x: left, y: middle - height / 2, width: right - left - 0.5, height: height - 0.5 },
      style: { fill: colorOf(count) },
    };
  };
}
