import { createHash } from "node:crypto";
import { Html, html } from "../../../../dashboards/preview/page/html.ts";
import { formatLocalTime } from "../../../terminal/local_time.ts";
import { formatDuration } from "../../../terminal/quantities.ts";
import { isLoud } from "../../finding.ts";
import type { FixedFinding, FixResult } from "../../fix/fix_report.ts";
import type { FindingChange } from "../../history/known_state.ts";
import { statusOf } from "../../sweep_result.ts";
import { foldFindings } from "../fold_findings.ts";
import {
  countSweep,
  fleetName,
  heardChanges,
  nameOf,
  problemCounts,
  type ReportedSweep,
  type SweepCounts,
  toldFindings,
  whatOf,
} from "../reported_sweep.ts";
import { checkSection, hostSection } from "./finding_sections.ts";
import { pageStyle } from "./page_style.ts";
import { problemList } from "./problem_list.ts";
import { serviceSection } from "./service_section.ts";

/** Most changes that are listed. */
const maxChanges = 100;

/**
 * A sweep as one HTML page that needs no other file, no script and no network: the worst first, then
 * what has changed, services, hosts and checks.
 */
export function sweepPage(reported: ReportedSweep): string {
  const { result, changes, recent, uptime, fixes = [] } = reported;
  const findings = toldFindings(reported);
  const counts = countSweep(result);
  const problems = foldFindings(findings.filter(isLoud));
  const silenced = foldFindings(findings.filter((finding) => finding.silenced !== undefined));
  const title = `${result.fleet}: ${verdict(counts)}`;
  return documentOf(
    `${title} (sweep of ${formatLocalTime(result.startedMs)})`,
    html`
      <header class="${statusOf(result)}">
        <h1>${result.fleet}</h1>
        <p class="verdict">${verdict(counts)}</p>
        <p class="when">${zonedTime(result.startedMs)}, in ${formatDuration(result.durationMs)}</p>
      </header>
      ${tiles(reported, counts)}
      <main>
        ${problems.length > 0 &&
          section("What is wrong, and what to do", "", problemList(problems))}
        ${silenced.length > 0 &&
          section("Silenced", "known, and counted nowhere", problemList(silenced))}
        ${fixes.length > 0 && section("Mended", "by --fix, before this sweep", fixList(fixes))}
        ${changeSection(heardChanges(reported), changes?.previousSweepMs)}
        ${uptime.length > 0 && section(
          "Services",
          "uptime, of the time in which sweeps have looked",
          serviceSection(uptime),
        )}
        ${section(
          "Hosts",
          "the worst first, with the last sweeps",
          hostSection(findings, result.hosts, recent),
        )}
        ${section("Checks", "the worst first", checkSection(findings))}
      </main>
      <footer>deno task sweep. Times are those of the machine that has swept.</footer>
    `,
  );
}

/** A whole document around a body. Its own style sheet is all that it may use. */
function documentOf(title: string, body: Html): string {
  const hash = createHash("sha256").update(pageStyle).digest("base64");
  const policy =
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title}</title>
        <style>${new Html(pageStyle)}</style>
      </head>
      <body>${body}</body>
    </html>
  `.text.trim();
}

function section(title: string, about: string, content: Html): Html {
  const small = about !== "" && html`<small>${about}</small>`;
  return html`<section><h2>${title}${small}</h2>${content}</section>`;
}

function verdict(counts: SweepCounts): string {
  return problemCounts(counts).join(", ") || "all right";
}

function tiles(reported: ReportedSweep, counts: SweepCounts): Html {
  const { critical, warning, hosts, healthy, findings } = counts;
  const count = (kind: FindingChange["kind"]): number =>
    heardChanges(reported).filter((change) => change.kind === kind).length;
  const tile = (value: number | string, text: string, tone: string): Html =>
    html`<li class="${tone}"><b>${value}</b>${text}</li>`;
  const isAllWell = healthy.length === hosts;
  return html`<ul class="tiles">${[
    tile(critical, "critical", critical > 0 ? "critical" : ""),
    tile(warning, warning === 1 ? "warning" : "warnings", warning > 0 ? "warning" : ""),
    tile(`${healthy.length} of ${hosts}`, "hosts all right", isAllWell ? "ok" : ""),
    tile(findings, findings === 1 ? "check made" : "checks made", ""),
    ...reported.changes?.previousSweepMs === undefined ? [] : [
      tile(count("new"), "new since the sweep before", ""),
      tile(count("solved"), "solved since then", count("solved") > 0 ? "ok" : ""),
    ],
  ]}</ul>`;
}

function changeSection(all: readonly FindingChange[], sinceMs: number | undefined): Html {
  if (all.length === 0 || sinceMs === undefined) return html``;
  const items = all.slice(0, maxChanges).map(({ kind, finding }) => {
    const tone = kind === "gone" ? "gone" : finding.status;
    return html`
      <li><span class="badge ${tone}">${kind}</span> <b>${finding.host ?? fleetName}</b>
        <span>${whatOf(finding)}</span> <span class="faint">${finding.value}</span></li>
    `;
  });
  const left = all.length - items.length;
  const more = left > 0 ? [html`<li class="faint">and ${left} more</li>`] : [];
  return section(
    `Since ${formatLocalTime(sinceMs)}`,
    "the sweep before",
    html`<ul class="card changes">${[...items, ...more]}</ul>`,
  );
}

const fixTones: Readonly<Record<FixResult, string>> = {
  "mended": "ok",
  "would be mended": "warning",
  "still wrong": "critical",
  "left alone": "gone",
};

function fixList(fixes: readonly FixedFinding[]): Html {
  const items = fixes.map(({ finding, result, why }) =>
    html`
      <li><span class="badge ${fixTones[result]}">${result}</span> <b>${nameOf(finding)}</b>
        <span class="faint">${why}</span></li>
    `
  );
  return html`<ul class="card changes">${items}</ul>`;
}

/** A moment by this machine's clock, with its distance from UTC: pages are sent around. */
function zonedTime(ms: number): Html {
  const minutes = -new Date(ms).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
    .map((value) => String(value).padStart(2, "0"));
  const zone = minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
  return html`<time datetime="${new Date(ms).toISOString()}">${formatLocalTime(ms)} ${zone}</time>`;
}
