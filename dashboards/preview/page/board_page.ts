import type { Board, Panel } from "../board/board.ts";
import { choiceText, interpolateText, type Scope } from "../board/interpolation.ts";
import type { Placed, Section } from "../board/placement.ts";
import { type Events, eventText } from "../data/events.ts";
import { cssColor } from "../draw/colors.ts";
import { formatSpan, formatTime } from "../draw/clock.ts";
import { swatch } from "../draw/legend.ts";
import { Html, html } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import { styleSheet, type Theme } from "./style.ts";

/** Where another page is, and what it is called. */
export interface PageLink {
  readonly href: string;
  readonly title: string;
  /** Whether it is the page itself. */
  readonly isHere: boolean;
}

/** What a page consists of. */
export interface BoardPage {
  readonly board: Board;
  readonly sections: readonly Section[];
  /** The drawn bodies. */
  readonly bodies: ReadonlyMap<Panel, Html>;
  readonly events: Events;
  readonly scope: Scope;
  /** Values of each variable that there are to choose from. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly links: readonly PageLink[];
  /** Where the data is from; nothing when panels show their queries. */
  readonly origin: string | undefined;
  readonly theme: Theme;
}

const withoutData = html`<p class="note">
  Without data: each panel shows its queries. Draw with data by
  <code>deno task dashboards preview --prometheus URL</code>
</p>`;

/** Writes the page of a dashboard: one file that needs no other, no script and no network. */
export function writeBoardPage(page: BoardPage): string {
  const { board, sections, scope, links, origin } = page;
  const when = origin === undefined
    ? html``
    : html`<span class="when">${formatSpan(scope.range)}, from ${origin}</span>`;
  const lead = board.description !== "" && html`<p class="about">${board.description}</p>`;
  const body = html`
    <header><h1>${board.title}</h1>${navigation(links)}${when}</header>
    ${lead}${origin === undefined && withoutData}${variables(page)}${events(page)}
    <main>${sections.map((section) => writeSection(section, page))}</main>
  `;
  return documentOf(board.title, body, page.theme);
}

/** A page around a body. */
export function documentOf(title: string, body: Html, theme: Theme): string {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width">
        <title>${title}</title>
        <style>${new Html(styleSheet(theme))}</style>
      </head>
      <body>${body}</body>
    </html>
  `.text;
}

function navigation(links: readonly PageLink[]): Html {
  return html`<nav>${
    links.map(({ href, title, isHere }) =>
      isHere ? html`<a aria-current="page">${title}</a>` : html`<a href="${href}">${title}</a>`
    )
  }</nav>`;
}

/** Names in a variable's tooltip; the page must not grow with the fleet. */
const maxNamed = 30;

function variables({ board, scope, values, origin }: BoardPage): Html {
  const items = board.templating.list.filter(({ hide, type }) =>
    type !== "datasource" && hide !== 2 && hide !== "hideVariable"
  ).map(({ name, label }) => {
    const known = values.get(name) ?? [];
    const chosen = scope.choices.get(name) ?? [];
    const count = origin !== undefined && chosen.length === 0 ? ` (${known.length})` : "";
    const more = known.length > maxNamed ? [`and ${known.length - maxNamed} more`] : [];
    const named = [...known.slice(0, maxNamed), ...more].join("\n");
    return html`<li title="${named}"><b>${label || name}</b><span>${
      choiceText(chosen)
    }${count}</span></li>`;
  });
  return items.length === 0 ? html`` : html`<ul class="variables">${items}</ul>`;
}

function events({ events: { events: all, errors } }: BoardPage): Html {
  if (all.length === 0 && errors.length === 0) return html``;
  const lines = all.map((event) =>
    html`<li>${swatch(cssColor(event.annotation.iconColor))}${formatTime(event.start).slice(11)} ${
      eventText(event)
    }</li>`
  );
  return html`${errors.map((text) => html`<p class="error">${text}</p>`)}${
    all.length > 0 &&
    html`
      <details class="events">
        <summary>${all.length} event${all.length === 1 ? "" : "s"}, drawn as dashed lines</summary>
        <ol>${lines}</ol>
      </details>
    `
  }`;
}

function writeSection({ row, isOpen, panels }: Section, page: BoardPage): Html {
  const grid = panels.length > 0 &&
    html`<div class="grid">${panels.map((placed) => writePanel(placed, page))}</div>`;
  if (row === undefined) return html`<div class="row">${grid}</div>`;
  const count = panels.length === 1 ? "1 panel" : `${panels.length} panels`;
  const title = interpolateText(row.title, page.scope);
  const state = isOpen ? " open" : "";
  const held = isOpen ? html`` : html`<span>(${count})</span>`;
  return html`
    <details class="row" data-id="${row.id}"
      ${state}><summary>${title} ${held}</summary>${grid}</details>
  `;
}

function writePanel({ panel, x, y, w, h }: Placed, { scope, bodies }: BoardPage): Html {
  const title = interpolateText(panel.title, scope);
  const area = `grid-area:${y + 1}/${x + 1}/span ${h}/span ${w}`;
  const info = about(panel, x + w <= narrowColumns);
  return html`
    <section class="panel" data-id="${panel.id}" data-type="${panel.type}" style="${area}">
      <h3 title="${title}">${title}</h3>
      ${info}
      <div class="body">${bodies.get(panel)}</div>
    </section>
  `;
}

/** Right of a panel that ends in these columns there is more room for its description than left. */
const narrowColumns = 8;

/** What a panel shows and asks for, behind a mark in its corner. */
function about({ description, targets }: Panel, isAtLeft: boolean): Html {
  if (description === "" && targets.length === 0) return html``;
  const queries = targets.map(({ expr }) => html`<p><code>${expr}</code></p>`);
  return html`
    <details class="${isAtLeft ? "info left" : "info"}">
      <summary title="${description}" aria-label="About this panel">i</summary>
      <div>${renderMarkdown(description)}${queries.length > 0 && html`<hr>${queries}`}</div>
    </details>
  `;
}
