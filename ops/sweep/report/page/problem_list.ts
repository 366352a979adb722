import { type Html, html } from "../../../../dashboards/preview/page/html.ts";
import { formatLocalTime } from "../../../terminal/local_time.ts";
import { compressHosts } from "../../../terminal/host_ranges.ts";
import { type FindingGroup, isFresh } from "../fold_findings.ts";
import { fleetName, whatOf } from "../reported_sweep.ts";

/** Most problems that are shown in full: a fleet with more has one reason for most of them. */
const maxProblems = 300;

/** Problems with what to do, equal ones of several hosts once. */
export function problemList(groups: readonly FindingGroup[]): Html {
  const items = groups.slice(0, maxProblems).map((group) => {
    const { status, hosts, value, remedy, silenced } = group;
    const count = hosts.length > 1 && html`<span class="faint">${hosts.length} hosts</span>`;
    return html`
      <li class="${silenced === undefined ? status : "gone"}">
        <div class="head">
          <span class="badge">${status}</span>
          <b>${hosts.length === 0 ? fleetName : compressHosts(hosts)}</b> ${count}
          <span>${whatOf(group)}</span> ${newsOf(group)}
        </div>
        <p class="value">${value}</p>
        ${silenced !== undefined &&
          html`<p class="faint">Until ${formatLocalTime(silenced.untilMs)}: ${silenced.reason}</p>`}
        ${remedyText(remedy)}
      </li>
    `;
  });
  const left = groups.length - items.length;
  return html`<ol class="problems">${items}</ol>${
    left > 0 && html`<p class="faint">and ${left} more: see the hosts below</p>`
  }`;
}

/** What to do; the command in it stands alone, to be copied. */
export function remedyText(remedy: string): Html {
  if (remedy === "") return html``;
  const [, words = remedy, command] = /^(.*?)(deno task .*)$/s.exec(remedy) ?? [];
  return html`<p class="remedy">${words}${
    command !== undefined && html`<code>${command}</code>`
  }</p>`;
}

function newsOf(group: FindingGroup): Html {
  const { kind, sinceMs, flaps } = group.news;
  const tone = isFresh(group) ? "news fresh" : "news";
  const text = flaps !== undefined
    ? `flapping, ${flaps} changes`
    : kind ?? (sinceMs === undefined ? undefined : `since ${formatLocalTime(sinceMs)}`);
  return text === undefined ? html`` : html`<span class="${tone}">${text}</span>`;
}
