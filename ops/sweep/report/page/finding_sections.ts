import { type Html, html } from "../../../../dashboards/preview/page/html.ts";
import { counted } from "../../../terminal/quantities.ts";
import { allChecks } from "../../all_checks.ts";
import { type FindingStatus, isLoud } from "../../finding.ts";
import { worstOf } from "../../history/known_state.ts";
import type { RecentSweeps } from "../../history/recent_sweeps.ts";
import { byStatus, fleetName, type ReportedFinding, whatOf } from "../reported_sweep.ts";
import { remedyText } from "./problem_list.ts";
import { sparkline } from "./sparkline.ts";

/** Most findings of which those that are well are told one by one: pages must open in a second. */
const maxTold = 4000;

/** A row for each host, the worst first, and one for the fleet; each opens. */
export function hostSection(
  findings: readonly ReportedFinding[],
  hosts: readonly string[],
  { startsMs, hosts: recent }: RecentSweeps,
): Html {
  const byHost = Map.groupBy(findings, ({ host }) => host);
  const isTold = (host: string | null): boolean => host !== null || byHost.has(host);
  return rowsOf(
    [null, ...hosts].filter(isTold).map((host) => ({
      name: host ?? fleetName,
      members: byHost.get(host) ?? [],
      aside: sparkline(startsMs, recent.get(host) ?? []),
      about: "",
    })),
    whatOf,
    findings.length <= maxTold,
  );
}

/** A row for each check, the worst first; each opens. */
export function checkSection(findings: readonly ReportedFinding[]): Html {
  const rows = [...Map.groupBy(findings, ({ check }) => check)].map(([name, members]) => {
    const good = members.filter((finding) => !isLoud(finding)).length;
    return {
      ...{ name, members },
      aside: html`<span class="faint">${good} of ${members.length}</span>`,
      about: aboutCheck.get(name) ?? "",
    };
  });
  return rowsOf(rows, placeOf, findings.length <= maxTold);
}

const aboutCheck = new Map(allChecks.map(({ id, looksAt }) => [id, looksAt]));

/** Findings that belong together. */
interface Row {
  readonly name: string;
  readonly members: readonly ReportedFinding[];
  /** What stands at its end. */
  readonly aside: Html;
  /** What it is, where its name does not say it. */
  readonly about: string;
}

function rowsOf(
  rows: readonly Row[],
  nameOf: (finding: ReportedFinding) => string,
  tellsWell: boolean,
): Html {
  const judged = rows.map((row) => {
    const loud = row.members.filter(isLoud);
    return { ...row, status: worstOf(loud.map(({ status }) => status)), problems: loud.length };
  }).sort((a, b) => byStatus(a, b) || b.problems - a.problems);
  const items = judged.map(({ name, members, aside, about, status, problems }) =>
    html`
      <details class="${status}">
        <summary>
          <span class="badge">${badgeText(status, problems)}</span>
          <span class="name">${name}</span> ${aside}
        </summary>
        ${about !== "" && html`<p class="about">${about}</p>`} ${foundList(
          members,
          nameOf,
          tellsWell,
        )}
      </details>
    `
  );
  return html`<div class="rows">${items}</div>`;
}

function badgeText(status: FindingStatus, problems: number): string {
  if (problems === 0) return "all right";
  return status === "critical" || problems === 1 ? status : counted(problems, "warning");
}

function foundList(
  members: readonly ReportedFinding[],
  nameOf: (finding: ReportedFinding) => string,
  tellsWell: boolean,
): Html {
  const shown = members.filter(({ status }) => tellsWell || status !== "ok").toSorted(byStatus);
  const items = shown.map((finding) => {
    const { status, silenced, value, remedy } = finding;
    const isSilenced = silenced !== undefined;
    return html`
      <li class="${isSilenced ? "gone" : status}">
        <span><span class="badge">${isSilenced ? "silenced" : status}</span></span>
        <b>${nameOf(finding)}</b>
        <span class="value">${value}</span>
        ${remedyText(remedy)}
      </li>
    `;
  });
  const left = members.length - shown.length;
  const more = left > 0 && html`<p class="about">${left} more are all right</p>`;
  return html`<ul class="found">${items}</ul>${more}`;
}

function placeOf({ host, subject }: ReportedFinding): string {
  const place = host ?? fleetName;
  return subject === "" ? place : `${place} ${subject}`;
}
