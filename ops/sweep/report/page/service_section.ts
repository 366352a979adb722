import { type Html, html } from "../../../../dashboards/preview/page/html.ts";
import { floorPercent, unknownPercent } from "../../history/floor_percent.ts";
import {
  type ServiceUptime,
  uptimeRatio,
  type UptimeWindow,
  uptimeWindows,
} from "../../history/service_uptime.ts";

/** Services with their uptime, those that are down first. */
export function serviceSection(uptime: readonly ServiceUptime[]): Html {
  const sorted = uptime.toSorted((a, b) => Number(a.isUp) - Number(b.isUp));
  const heads = ["Service", "Now", ...uptimeWindows.map(({ name }) => name)];
  return html`<div class="card services">${
    heads.map((text) => html`<span class="head">${text}</span>`)
  }${
    sorted.map(({ service, isUp, windows }) =>
      html`
        <span class="name">${service}</span>
        <span><span class="badge ${isUp ? "ok" : "critical"}">${isUp ? "up" : "down"}</span></span>
        ${windows.map(windowCell)}
      `
    )
  }</div>`;
}

function windowCell(window: UptimeWindow): Html {
  const ratio = uptimeRatio(window);
  const { name, upMs, downMs, unknownMs } = window;
  const all = upMs + downMs + unknownMs;
  const tone = ratio === undefined || ratio === 1 ? "ok" : ratio >= 0.99 ? "warning" : "critical";
  const unknown = ratio !== undefined && unknownMs / all >= 0.01 &&
    html`<span class="faint"> (${unknownPercent(unknownMs / all)} % not known)</span>`;
  const text = ratio === undefined ? "not known" : floorPercent(ratio);
  return html`
    <span class="window ${tone}">
      <dfn>${name}</dfn>${text}${unknown}
      <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect width="${((ratio ?? 0) * 100).toFixed(2)}" height="6" />
      </svg>
    </span>
  `;
}
