import * as v from "valibot";
import { type Html, html } from "../page/html.ts";
import { displayValue } from "./display.ts";
import { fieldsOf } from "./field.ts";
import type { PanelContext } from "./panel_context.ts";
import { reduce, reduceSchema } from "./reduce.ts";

const optionsSchema = v.object({
  reduceOptions: reduceSchema,
});

/** A bar for each series, as far as its value is of the largest; gauges are drawn so as well. */
export function drawBarGauge({ panel, data, size, now }: PanelContext): Html | undefined {
  const { reduceOptions } = v.parse(optionsSchema, panel.options);
  const all = fieldsOf(panel, data).flatMap((field) => {
    const value = reduce(field.points, reduceOptions.calcs[0]);
    return value === undefined ? [] : [{ field, value }];
  });
  if (all.length === 0) return undefined;
  const shown = all.slice(0, Math.max(1, Math.floor(size.height / 26)));
  const most = shown.reduce((high, { value }) => Math.max(high, value), 0);
  const bars = shown.map(({ field: { name, config, color }, value }) => {
    const { min, max } = config;
    const low = min ?? 0;
    const share = (value - low) / (((max ?? most) || 1) - low);
    const display = displayValue(value, config, now);
    const percent = (Math.min(Math.max(share, 0), 1) * 100).toFixed(1);
    return html`<li><span title="${name}">${name}</span><i><i style="width:${percent}%;background:${
      display.color ?? color
    }"></i></i><b>${display.text}</b></li>`;
  });
  const more = all.length - shown.length;
  return html`<ul class="bars">${bars}</ul>${
    more > 0 && html`<p class="more">and ${more} more</p>`
  }`;
}
