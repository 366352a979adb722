import { type Html, html } from "../page/html.ts";
import { renderMarkdown } from "../page/markdown.ts";
import { drawBarGauge } from "./bar_gauge.ts";
import { drawHeatmap } from "./heatmap.ts";
import type { DrawBody, PanelContext } from "./panel_context.ts";
import { drawStat } from "./stat.ts";
import { drawStateTimeline } from "./state_timeline.ts";
import { drawTable } from "./table.ts";
import { drawTimeSeries } from "./time_series.ts";

/** What each type of panel is drawn by. */
const drawers: Readonly<Record<string, DrawBody>> = {
  stat: drawStat,
  timeseries: drawTimeSeries,
  table: drawTable,
  heatmap: drawHeatmap,
  "state-timeline": drawStateTimeline,
  bargauge: drawBarGauge,
  gauge: drawBarGauge,
  text: ({ panel }) =>
    html`<div class="text">${renderMarkdown(String(panel.options["content"] ?? ""))}</div>`,
};

/** The body of a panel: what its data says, with errors and the lack of data in words. */
export function drawBody(context: PanelContext): Html {
  const { panel, data: { results } } = context;
  const drawer = Object.hasOwn(drawers, panel.type) ? drawers[panel.type] : undefined;
  if (drawer === undefined) {
    return html`<p class="empty">The preview does not draw panels of type ${panel.type}</p>`;
  }
  const errors = results.flatMap(({ target, error }) =>
    error === undefined ? [] : [html`<p class="error"><b>${target.refId}</b> ${error}</p>`]
  );
  if (errors.length > 0 && errors.length === results.length) return html`${errors}`;
  const omitted = results.reduce((sum, result) => sum + result.omitted, 0);
  const { noValue } = panel.fieldConfig.defaults;
  const body = drawer(context) ?? html`<p class="empty">${noValue || "No data"}</p>`;
  return html`${errors}${body}${
    omitted > 0 && html`<p class="more">and ${omitted} more series</p>`
  }`;
}

/** The body of a panel whose data nobody was asked for: its queries. */
export function drawQueries({ panel }: Pick<PanelContext, "panel">): Html {
  if (panel.type === "text") {
    return html`<div class="text">${renderMarkdown(String(panel.options["content"] ?? ""))}</div>`;
  }
  return html`<dl class="queries" tabindex="0">${
    panel.targets.map(({ refId, expr, legendFormat }) =>
      html`
        <dt>${refId} <span>${legendFormat === "__auto" ? "" : legendFormat}</span></dt>
        <dd><code>${expr}</code></dd>
      `
    )
  }</dl>`;
}
