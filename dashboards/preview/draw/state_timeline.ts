import * as v from "valibot";
import { escapeControls } from "../../../tunnel/printable.ts";
import { type Html, html } from "../page/html.ts";
import type { TimeRange } from "../data/source.ts";
import { type ChartFrame, drawChart, type Plot, plotBeside, plotX } from "./chart.ts";
import { isLight } from "./colors.ts";
import { displayValue } from "./display.ts";
import { type Field, fieldsOf } from "./field.ts";
import { legendSchema, swatch } from "./legend.ts";
import type { PanelContext } from "./panel_context.ts";
import { fillPath, px, type Rectangle, rectanglesPath } from "./shapes.ts";
import { fitText, textWidth } from "./text_width.ts";

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
/** Most of the chart's width that the names of rows take. */
const maxNameShare = 0.3;

/** One bar for each series, coloured by its state. */
export function drawStateTimeline(context: PanelContext): Html | undefined {
  const { panel, data, size, marks } = context;
  const all = fieldsOf(panel, data).filter(({ points }) => points.length > 0);
  if (all.length === 0) return undefined;
  const options = v.parse(optionsSchema, panel.options);
  const legendHeight = options.legend.showLegend ? legendPx : 0;
  const height = Math.max(size.height - legendHeight, 1);
  const fields = all.slice(0, Math.max(1, Math.floor((height - 30) / minRowPx)));
  const spans = fields.flatMap((field, row) => spansOf(field, row, data.range, data.step));
  const frame: ChartFrame = { size: { width: size.width, height }, range: data.range, marks };
  const opacity = v.parse(customSchema, panel.fieldConfig.defaults.custom).fillOpacity / 100;
  const texts = fields.map(({ name }) => fitText(escapeControls(name), size.width * maxNameShare));
  const plot = plotBeside(texts, frame);
  const band = plot.area.height / fields.length;
  const chart = drawChart(plot, {
    labels: texts.map((text, row) => ({ y: (row + 0.5) * band, text })),
    data: drawSpans(spans, plot, { band, opacity, ...options }),
  });
  const more = all.length - fields.length;
  return html`${chart}${options.legend.showLegend && legend(spans)}${
    more > 0 && html`<p class="more">and ${more} more</p>`
  }`;
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

/** The bars, with their state where there is room for it. */
function drawSpans(
  spans: readonly Span[],
  plot: Plot,
  options: {
    readonly band: number;
    readonly opacity: number;
    readonly rowHeight: number;
    readonly showValue: string;
  },
): Html {
  const { band, opacity, rowHeight, showValue } = options;
  const height = band * Math.min(Math.max(rowHeight, 0), 1);
  const bars = spans.map((span): Bar => {
    const x = plotX(plot, span.start);
    const width = Math.max(plotX(plot, span.end) - x, 1);
    return { ...span, x, y: (span.row + 0.5) * band - height / 2, width, height };
  });
  const paths = Map.groupBy(bars, ({ color }) => color).entries().map(([color, bars]) =>
    fillPath(rectanglesPath(bars), color, opacity)
  );
  const named = showValue === "never" || height < minRowPx
    ? []
    : bars.filter(({ text, width }) => width > textWidth(text) + 8);
  return html`${paths.toArray()}${named.map(nameOf)}`;
}

/** A span where it is drawn. */
type Bar = Span & Rectangle;

function nameOf({ x, y, width, height, text, color }: Bar): Html {
  const kind = isLight(color) ? "state dark" : "state";
  const [middle, center] = [px(x + width / 2), px(y + height / 2)];
  return html`<text class="${kind}" x="${middle}" y="${center}">${text}</text>`;
}

/** Every state that is seen, once. */
function legend(spans: readonly Span[]): Html {
  const colors = new Map(spans.map(({ text, color }) => [text, color]));
  const items = colors.entries().map(([text, color]) => html`<li>${swatch(color)}${text}</li>`);
  return html`<ul class="legend" style="height:20px">${items.toArray()}</ul>`;
}
