import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import { isLight } from "./colors.ts";
import { displayValue } from "./display.ts";
import { type Field, fieldsOf } from "./field.ts";
import type { PanelContext } from "./panel_context.ts";
import { reduce, reduceSchema } from "./reduce.ts";
import { drawSparkline } from "./sparkline.ts";

const optionsSchema = v.object({
  reduceOptions: reduceSchema,
  colorMode: v.fallback(v.string(), "value"),
  graphMode: v.fallback(v.string(), "area"),
  textMode: v.fallback(v.string(), "auto"),
});

/** Least size of a value that can be read, in px. */
const minTile = { width: 90, height: 20 };
/** Below this height a name stands beside its value and not above it. */
const lineTilePx = 44;

/** One large value for each series. */
export function drawStat(context: PanelContext): Html | undefined {
  const { panel, data, size } = context;
  const fields = fieldsOf(panel, data);
  if (fields.length === 0) {
    const { defaults: config } = panel.fieldConfig;
    if (!config.noValue) return undefined;
    fields.push({ name: "", labels: {}, points: [], config, color: "" });
  }
  const perLine = size.width < size.height
    ? 1
    : Math.max(1, Math.min(fields.length, Math.floor(size.width / minTile.width)));
  const maxLines = Math.max(1, Math.floor(size.height / minTile.height) - 1);
  const lines = Math.min(Math.ceil(fields.length / perLine), maxLines);
  const shown = fields.slice(0, perLine * lines);
  const tile = { width: size.width / perLine, height: size.height / lines };
  const more = fields.length - shown.length;
  return html`
    <div class="stats"
      style="grid-template-columns:repeat(${perLine},minmax(0,1fr))">${shown.map((field) =>
        drawTile(field, context, tile, fields.length > 1)
      )}</div>${more > 0 && html`<p class="more">and ${more} more</p>`}
  `;
}

function drawTile(
  field: Field,
  { panel, data, now }: PanelContext,
  tile: { readonly width: number; readonly height: number },
  isOneOfMany: boolean,
): Html {
  const { reduceOptions, colorMode, graphMode, textMode } = v.parse(optionsSchema, panel.options);
  const value = reduce(field.points, reduceOptions.calcs[0]);
  const { config } = field;
  const display = value === undefined
    ? { text: config.noValue || "No data", color: displayValue(-Infinity, config).color }
    : displayValue(value, config, now);
  const color = config.color?.mode === "fixed" ? field.color : display.color ?? "var(--text)";
  const namesItself = textMode === "value_and_name" || textMode === "name" ||
    (textMode === "auto" && isOneOfMany);
  const text = textMode === "name" ? field.name : display.text;
  const hasName = namesItself && textMode !== "name";
  const isLine = hasName && tile.height < lineTilePx;
  const hasCourse = graphMode === "area" && !isLine && field.points.length > 1;
  // The value stands above its course.
  const room = hasCourse ? { ...tile, height: tile.height * 0.8 } : tile;
  const size = isLine ? "13px" : fontSize(text, room, hasName);
  const isFilled = colorMode.startsWith("background");
  const style = isFilled
    ? `background:${color};color:${isLight(color) ? "#111217" : "#fff"}`
    : colorMode === "value"
    ? `color:${color}`
    : "";
  const course = hasCourse &&
    drawSparkline(field.points, data.range, isFilled ? "#fff" : color);
  const name = hasName && html`<span title="${field.name}">${field.name}</span>`;
  const number = html`<b style="font-size:${size}" title="${text}">${text}</b>`;
  const kind = isLine ? "stat line" : hasCourse ? "stat charted" : "stat";
  return html`<div class="${kind}" style="${style}">${course}${name}${number}</div>`;
}

/**
 * The largest size in which a text fits into its tile, with letters of about 0.58 of their height;
 * on a narrower page the tile's width counts.
 */
function fontSize(
  text: string,
  { width, height }: { readonly width: number; readonly height: number },
  hasName: boolean,
): string {
  const letters = Math.max(text.length, 3) * 0.58;
  const byHeight = (height - (hasName ? 30 : 8)) * 0.6;
  const px = Math.min(Math.max(Math.min((width - 24) / letters, byHeight), 12), 48);
  return `min(${Math.round(px)}px,${(92 / letters).toFixed(1)}cqw)`;
}
