import type { CustomSeriesRenderItem } from "echarts";
import * as v from "valibot";
import { escapeControls } from "../../../tunnel/printable.ts";
import { type Html, html } from "../page/html.ts";
import type { TimeRange } from "../data/source.ts";
import { axisText, type ChartFrame, drawChart, markSeries, timeAxis } from "./chart.ts";
import { isLight } from "./colors.ts";
import { displayValue } from "./display.ts";
import { type Field, fieldsOf } from "./field.ts";
import { legendSchema, swatch } from "./legend.ts";
import type { PanelContext } from "./panel_context.ts";

const optionsSchema = v.object({
  legend: legendSchema,
  rowHeight: v.fallback(v.number(), 0.9),
  showValue: v.fallback(v.string(), "auto"),
});

const customSchema = v.object({
  fillOpacity: v.fallback(v.number(), 70),
  spanNulls: v.fallback(v.union([v.boolean(), v.number()]), false),
});

/** A time in which a series had one value. */
interface Span {
  readonly row: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly color: string;
}

const legendPx = 24;
/** Lowest height of a bar in which its name can be read. */
const minRowPx = 12;
/** Longest name of a row, in characters; about a quarter of a panel of half the page's width. */
const maxNameLength = 28;

/** One bar for each series, coloured by its state. */
export async function drawStateTimeline(context: PanelContext): Promise<Html | undefined> {
  const { panel, data, size, marks, id } = context;
  const all = fieldsOf(panel, data).filter(({ points }) => points.length > 0);
  if (all.length === 0) return undefined;
  const options = v.parse(optionsSchema, panel.options);
  const legendHeight = options.legend.showLegend ? legendPx : 0;
  const height = size.height - legendHeight;
  const fields = all.slice(0, Math.max(1, Math.floor((height - 30) / minRowPx)));
  const spans = fields.flatMap((field, row) => spansOf(field, row, data.range, data.step));
  const frame: ChartFrame = { size: { width: size.width, height }, range: data.range, marks };
  const opacity = v.parse(customSchema, panel.fieldConfig.defaults.custom).fillOpacity / 100;
  const chart = await drawChart(id, frame.size, {
    grid: { left: 14, right: 16, top: 8, bottom: 4, containLabel: true },
    xAxis: timeAxis(frame),
    yAxis: {
      type: "category",
      inverse: true,
      data: fields.map(({ name }) => shortened(name)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...axisText, interval: 0 },
    },
    series: [
      {
        type: "custom",
        silent: true,
        clip: true,
        renderItem: renderSpan(spans, options.rowHeight, opacity, options.showValue !== "never"),
        encode: { x: [0, 1], y: 2 },
        data: spans.map(({ start, end, row }) => [start * 1000, end * 1000, row]),
      },
      markSeries(frame),
    ],
  });
  const more = all.length - fields.length;
  return html`${chart}${options.legend.showLegend && legend(spans)}${
    more > 0 && html`<p class="more">and ${more} more</p>`
  }`;
}

function shortened(name: string): string {
  const seen = escapeControls(name);
  return seen.length <= maxNameLength ? seen : `${seen.slice(0, maxNameLength - 1)}…`;
}

/** Runs of the same state; a value holds until the next one, or for one step. */
function spansOf(field: Field, row: number, range: TimeRange, step: number): Span[] {
  const { spanNulls } = v.parse(customSchema, field.config.custom);
  const bridged = spanNulls === true
    ? Infinity
    : Math.max(step, typeof spanNulls === "number" ? spanNulls / 1000 : 0);
  const spans: Span[] = [];
  for (const [start, value] of field.points) {
    if (Number.isNaN(value)) continue;
    const { text, color = field.color } = displayValue(value, field.config);
    const last = spans.at(-1);
    const isNear = last !== undefined && start - last.end <= bridged;
    // Up to where the next value begins, if that is near enough.
    if (isNear) spans[spans.length - 1] = { ...last, end: start };
    const end = Math.min(start + step, range.end);
    if (isNear && last.text === text && last.color === color) {
      spans[spans.length - 1] = { ...last, end };
    } else spans.push({ row, start, end, text, color });
  }
  return spans.filter(({ start, end }) => end > start);
}

function renderSpan(
  spans: readonly Span[],
  rowHeight: number,
  opacity: number,
  showsValue: boolean,
): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const span = spans[dataIndex]!;
    const [left = 0, middle = 0] = api.coord([span.start * 1000, span.row]);
    const [right = 0] = api.coord([span.end * 1000, span.row]);
    const band = api.size?.([0, 1]);
    const height = (Array.isArray(band) ? band[1] ?? 0 : 0) * rowHeight;
    const shape = { x: left, y: middle - height / 2, width: Math.max(right - left, 1), height };
    const fits = showsValue && shape.width > span.text.length * 7 + 8 && height >= 12;
    return {
      type: "group",
      children: [
        { type: "rect", shape, style: { fill: span.color, opacity } },
        ...(fits
          ? [{
            type: "text" as const,
            style: {
              text: span.text,
              x: left + shape.width / 2,
              y: middle,
              align: "center" as const,
              verticalAlign: "middle" as const,
              fontFamily: "inherit",
              fontSize: 12,
              fill: isLight(span.color) ? "#111217" : "#fff",
            },
          }]
          : []),
      ],
    };
  };
}

/** Every state that is seen, once. */
function legend(spans: readonly Span[]): Html {
  const colors = new Map(spans.map(({ text, color }) => [text, color]));
  const items = colors.entries().map(([text, color]) => html`<li>${swatch(color)}${text}</li>`);
  return html`<ul class="legend" style="height:20px">${items.toArray()}</ul>`;
}
