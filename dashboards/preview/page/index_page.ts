import { html } from "./html.ts";
import { documentOf } from "./board_page.ts";
import type { Theme } from "./style.ts";

/** A dashboard in the list of all. */
export interface IndexEntry {
  readonly href: string;
  readonly title: string;
  readonly description: string;
}

/** Writes the page that leads to all others. */
export function writeIndexPage(entries: readonly IndexEntry[], theme: Theme): string {
  const items = entries.map(({ href, title, description }) =>
    html`<li><a href="${href}">${title}</a><p>${description}</p></li>`
  );
  return documentOf(
    "Dashboards",
    html`
      <header>
        <h1>Dashboards</h1>
      </header>
      <ul class="boards">${items}</ul>
    `,
    theme,
  );
}
