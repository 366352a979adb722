import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import { type Axis, axisMarks, niceAxis } from "./axis.ts";
import { type ChartFrame, drawChart, type Plot, plotBeside, plotX } from "./chart.ts";
import { cssColor } from "./colors.ts";
import { courseOf, extentOf, type Layer, layersOf } from "./course.ts";
import { areaPath, barsPath, dotsPath, type LayerScale, linePath } from "./course_paths.ts";
import { displayValue } from "./display.ts";
import { type Field, fieldsOf } from "./field.ts";
import { drawLegend, legendSchema } from "./legend.ts";
import type { PanelContext } from "./panel_context.ts";
import { acrossPath, fillPath, type Stroke, strokePath } from "./shapes.ts";

const optionsSchema = v.object({ legend: legendSchema });

const interpolations = ["linear", "smooth", "stepBefore", "stepAfter"] as const;

const customSchema = v.object({
  drawStyle: v.fallback(v.string(), "line"),
  lineInterpolation: v.fallback(v.picklist(interpolations), "linear"),
  lineWidth: v.fallback(v.number(), 1),
  fillOpacity: v.fallback(v.number(), 0),
  spanNulls: v.fallback(v.union([v.boolean(), v.number()]), false),
  stacking: v.fallback(v.object({ mode: v.fallback(v.string(), "none") }), { mode: "none" }),
  thresholdsStyle: v.fallback(v.object({ mode: v.fallback(v.string(), "off") }), { mode: "off" }),
  lineStyle: v.fallback(v.object({ fill: v.fallback(v.string(), "solid") }), { fill: "solid" }),
});
type Custom = v.InferOutput<typeof customSchema>;

/** Height that a mark of the axis has, in px. */
const markPx = 45;
/** Size of a value that is drawn as a point. */
const dotPx = 4;

/** Lines, areas or bars over time, with their legend. */
export function drawTimeSeries(context: PanelContext): Html | undefined {
  const { panel, data: { range, step }, data, size, marks } = context;
  const fields = fieldsOf(panel, data);
  if (fields.every(({ points }) => points.length === 0)) return undefined;
  const { legend: legendOptions } = v.parse(optionsSchema, panel.options);
  const legend = drawLegend(fields, legendOptions, size);
  const height = Math.max(size.height - (legend?.height ?? 0), 1);
  const frame: ChartFrame = { size: { width: size.width, height }, range, marks };

  const customs = fields.map(({ config }) => v.parse(customSchema, config.custom));
  const layers = layersOf(fields.map(({ points }, i) => {
    const { lineInterpolation: interpolation, spanNulls, stacking } = customs[i]!;
    const longestGap = spanNulls === true ? Infinity : spanNulls === false ? 0 : spanNulls / 1000;
    return {
      values: courseOf(points, { range, step, longestGap, interpolation }),
      isStacked: stacking.mode !== "none",
    };
  }));

  const { defaults } = panel.fieldConfig;
  const axis = valueAxis(context, layers, customs, height);
  const values = axisMarks(axis);
  const texts = values.map((value) => displayValue(value, { ...defaults, mappings: [] }).text);
  const plot = plotBeside(texts, frame);
  const scale: LayerScale = {
    x: (at) => plotX(plot, range.start + at * step),
    y: (value) => (axis.max - value) / (axis.max - axis.min) * plot.area.height,
  };
  const lines = values.map(scale.y);
  const drawn = fields.map((field, i) => drawLayer(field, layers[i]!, customs[i]!, scale));
  const chart = drawChart(plot, {
    labels: lines.map((y, i) => ({ y, text: texts[i]! })),
    lines,
    data: html`${drawn}${thresholds(context, axis, scale, plot)}`,
  });
  return html`${chart}${legend?.html}`;
}

/** The axis of all values; a panel's own ends count more than what there is. */
function valueAxis(
  { panel: { fieldConfig: { defaults } } }: PanelContext,
  layers: readonly Layer[],
  customs: readonly Custom[],
  height: number,
): Axis {
  const isStacked = customs.some(({ stacking }) => stacking.mode !== "none");
  const { low, high } = extentOf(layers, isStacked);
  const { unit, min, max } = defaults;
  const marks = Math.max(2, Math.floor(height / markPx));
  const axis = niceAxis(min ?? low, max ?? high, { unit, marks });
  return typeof max === "number" && max > axis.min ? { ...axis, max } : axis;
}

function drawLayer(
  { color }: Field,
  layer: Layer,
  { drawStyle, lineInterpolation, lineWidth, fillOpacity, lineStyle }: Custom,
  scale: LayerScale,
): Html {
  if (drawStyle === "bars") return fillPath(barsPath(layer, scale), color);
  if (drawStyle === "points") return strokePath(dotsPath(layer, scale), { color, width: dotPx });
  const opacity = Math.round(fillOpacity) / 100;
  const stroke: Stroke = { color, width: lineWidth, isDashed: lineStyle.fill === "dash" };
  return html`${
    opacity > 0 && fillPath(areaPath(layer, scale, lineInterpolation), color, opacity)
  }${lineWidth > 0 && strokePath(linePath(layer, scale, lineInterpolation), stroke)}`;
}

/** The thresholds as lines, where the panel wants them and they are on the axis. */
function thresholds(
  { panel: { fieldConfig: { defaults } } }: PanelContext,
  { min, max }: Axis,
  { y }: LayerScale,
  { area: { width } }: Plot,
): Html {
  const { thresholdsStyle: { mode } } = v.parse(customSchema, defaults.custom);
  if (mode === "off" || mode === "area") return html``;
  const isDashed = mode.startsWith("dashed");
  const lines = (defaults.thresholds?.steps ?? []).flatMap(({ value, color }) =>
    typeof value !== "number" || value < min || value > max
      ? []
      : [strokePath(acrossPath([y(value)], 0, width), { color: cssColor(color), isDashed })]
  );
  return lines.length === 0 ? html`` : html`<g opacity=".7">${lines}</g>`;
}
