import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import type { Point } from "../data/source.ts";
import { type Axis, niceAxis } from "./axis.ts";
import { axisText, type ChartFrame, drawChart, lineMarks, markSeries, timeAxis } from "./chart.ts";
import { cssColor } from "./colors.ts";
import { displayValue } from "./display.ts";
import { type Field, fieldsOf } from "./field.ts";
import { drawLegend, legendSchema } from "./legend.ts";
import type { PanelContext } from "./panel_context.ts";

const optionsSchema = v.object({ legend: legendSchema });

const customSchema = v.object({
  drawStyle: v.fallback(v.string(), "line"),
  lineInterpolation: v.fallback(v.string(), "linear"),
  lineWidth: v.fallback(v.number(), 1),
  fillOpacity: v.fallback(v.number(), 0),
  spanNulls: v.fallback(v.union([v.boolean(), v.number()]), false),
  stacking: v.fallback(v.object({ mode: v.fallback(v.string(), "none") }), { mode: "none" }),
  thresholdsStyle: v.fallback(v.object({ mode: v.fallback(v.string(), "off") }), { mode: "off" }),
  lineStyle: v.fallback(v.object({ fill: v.fallback(v.string(), "solid") }), { fill: "solid" }),
});
type Custom = v.InferOutput<typeof customSchema>;

/** Lines, areas or bars over time, with their legend. */
export async function drawTimeSeries(context: PanelContext): Promise<Html | undefined> {
  const { panel, data, size, marks, id } = context;
  const fields = fieldsOf(panel, data);
  if (fields.every(({ points }) => points.length === 0)) return undefined;
  const { legend: legendOptions } = v.parse(optionsSchema, panel.options);
  const legend = drawLegend(fields, legendOptions, size);
  const frame: ChartFrame = {
    size: { width: size.width, height: size.height - (legend?.height ?? 0) },
    range: data.range,
    marks,
  };
  const lines = fields.map((field) => line(field, data.range, data.step));
  const { defaults } = panel.fieldConfig;
  const custom = v.parse(customSchema, defaults.custom);
  const { low, high } = extent(lines.map(({ values }) => values), custom);
  const axis = niceAxis(defaults.min ?? low, defaults.max ?? high, {
    unit: defaults.unit,
    marks: Math.max(2, Math.floor(frame.size.height / 45)),
  });
  const chart = await drawChart(id, frame.size, {
    grid: { left: 14, right: 16, top: 10, bottom: 4, containLabel: true },
    xAxis: timeAxis(frame),
    yAxis: {
      type: "value",
      ...axis,
      max: defaults.max ?? axis.max,
      axisLabel: {
        ...axisText,
        formatter: (value: number) => displayValue(value, { ...defaults, mappings: [] }).text,
      },
      splitLine: { lineStyle: { color: "var(--grid)" } },
    },
    series: [
      ...lines.map(({ series }) => series),
      thresholdSeries(context, custom, axis),
      markSeries(frame),
    ],
  });
  return html`${chart}${legend?.html}`;
}

/** A field for ECharts: all times of the range, those without a value empty. */
function line(
  field: Field,
  range: ChartFrame["range"],
  step: number,
): { readonly values: readonly (number | null)[]; readonly series: object } {
  const custom = v.parse(customSchema, field.config.custom);
  const values = onGrid(field.points, range, step, custom);
  const isBars = custom.drawStyle === "bars";
  const opacity = custom.fillOpacity / 100;
  return {
    values,
    series: {
      type: isBars ? "bar" : "line",
      data: values.map((value, i) => [(range.start + i * step) * 1000, value ?? "-"]),
      silent: true,
      showSymbol: custom.drawStyle === "points",
      connectNulls: custom.spanNulls === true,
      color: field.color,
      ...(custom.lineInterpolation === "stepAfter" && { step: "end" }),
      ...(custom.lineInterpolation === "stepBefore" && { step: "start" }),
      ...(custom.lineInterpolation === "smooth" && { smooth: true }),
      ...(custom.stacking.mode !== "none" && { stack: "all" }),
      lineStyle: {
        width: custom.lineWidth,
        color: field.color,
        type: custom.lineStyle.fill === "dash" ? "dashed" : "solid",
      },
      ...(opacity > 0 && !isBars && { areaStyle: { color: field.color, opacity } }),
    },
  };
}

/** One value for each step; gaps that `spanNulls` (in ms) allows are filled between their ends. */
function onGrid(
  points: readonly Point[],
  { start, end }: ChartFrame["range"],
  step: number,
  { spanNulls }: Custom,
): (number | null)[] {
  const count = Math.round((end - start) / step) + 1;
  const values: (number | null)[] = new Array(count).fill(null);
  const longest = typeof spanNulls === "number" ? spanNulls / 1000 / step : 1;
  let last = -1;
  for (const [seconds, value] of points) {
    const at = Math.round((seconds - start) / step);
    if (!Number.isFinite(value) || at < 0 || at >= count) continue;
    values[at] = value;
    if (last >= 0 && at - last > 1 && at - last <= longest) {
      const from = values[last]!;
      for (let i = last + 1; i < at; i++) {
        values[i] = from + (value - from) * (i - last) / (at - last);
      }
    }
    last = at;
  }
  return values;
}

/** The lowest and the highest of what is drawn; of stacked series, of their sums. */
function extent(
  lines: readonly (readonly (number | null)[])[],
  { stacking }: Custom,
): { readonly low: number; readonly high: number } {
  const isStacked = stacking.mode !== "none";
  let low = isStacked ? 0 : Infinity;
  let high = -Infinity;
  const length = lines.reduce((longest, values) => Math.max(longest, values.length), 0);
  for (let i = 0; i < length; i++) {
    const values = lines.flatMap((line) => line[i] ?? []);
    if (values.length === 0) continue;
    const shown = isStacked ? [values.reduce((sum, value) => sum + value, 0)] : values;
    for (const value of shown) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? { low, high } : { low: 0, high: 1 };
}

/** The thresholds as lines, where the panel wants them and they are on the axis. */
function thresholdSeries(
  { panel }: PanelContext,
  { thresholdsStyle: { mode } }: Custom,
  { min, max }: Axis,
): object {
  const steps = panel.fieldConfig.defaults.thresholds?.steps ?? [];
  const shown = mode === "off" || mode === "area" ? [] : steps;
  return {
    type: "line",
    data: [],
    silent: true,
    markLine: lineMarks(
      shown.flatMap(({ value, color }) =>
        typeof value !== "number" || value < min || value > max ? [] : [{
          yAxis: value,
          lineStyle: {
            color: cssColor(color),
            type: mode.startsWith("dashed") ? "dashed" : "solid",
            opacity: 0.7,
          },
        }]
      ),
    ),
  };
}
