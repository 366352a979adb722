import type { Board, Panel, Variable } from "./board/board.ts";
import { type Choice, interpolateQuery, type Scope, stepFor } from "./board/interpolation.ts";
import { sectionsOf, type Size, sizeInPx } from "./board/placement.ts";
import { type Events, loadEvents } from "./data/events.ts";
import { loadPanel } from "./data/panel_data.ts";
import type { DataSource, TimeRange } from "./data/source.ts";
import type { Mark } from "./draw/chart.ts";
import { cssColor } from "./draw/colors.ts";
import { drawBody, drawQueries } from "./draw/draw_body.ts";
import { writeBoardPage } from "./page/board_page.ts";
import type { Html } from "./page/html.ts";
import { writeIndexPage } from "./page/index_page.ts";
import { pagePaddingPx, pagePx, panelPaddingPx, panelTitlePx, type Theme } from "./page/style.ts";

/** A dashboard and the name of its file: `relay` becomes `relay.html`. */
export interface NamedBoard {
  readonly name: string;
  readonly board: Board;
}

/** What the pages show. */
export interface PreviewOptions {
  /** Nothing: panels show their queries. */
  readonly source: DataSource | undefined;
  /** The source's name on the pages. */
  readonly origin?: string;
  readonly range: TimeRange;
  /** Chosen values by variable; All for others. */
  readonly choices?: ReadonlyMap<string, Choice>;
  /** `dark` by default, as Grafana's. */
  readonly theme?: Theme;
  /** Called before each dashboard. */
  readonly onBoard?: (name: string) => void;
}

/** What Grafana takes where a data source says nothing of its interval, in seconds. */
const defaultScrapeInterval = 15;

/** Draws dashboards as pages of HTML, by their file names; `index.html` leads to all. */
export async function renderPreview(
  boards: readonly NamedBoard[],
  options: PreviewOptions,
): Promise<Map<string, string>> {
  const { source, theme = "dark" } = options;
  const scrapeInterval = await scrapeIntervalOf(source);
  const pages = new Map<string, string>();
  const entries = boards.map(({ name, board: { title, description } }) => ({
    href: hrefOf(name),
    title,
    description,
  }));
  pages.set("index.html", writeIndexPage(entries, theme));
  for (const { name, board } of boards) {
    options.onBoard?.(name);
    pages.set(`${name}.html`, await renderBoard({ name, board }, boards, options, scrapeInterval));
  }
  return pages;
}

function hrefOf(name: string): string {
  return `${encodeURIComponent(name)}.html`;
}

async function scrapeIntervalOf(source: DataSource | undefined): Promise<number> {
  try {
    return await source?.scrapeInterval() ?? defaultScrapeInterval;
  } catch {
    // What is wrong with the source will be said in every panel.
    return defaultScrapeInterval;
  }
}

async function renderBoard(
  { name, board }: NamedBoard,
  boards: readonly NamedBoard[],
  { source, origin, range, choices = new Map(), theme = "dark" }: PreviewOptions,
  scrapeInterval: number,
): Promise<string> {
  const scope: Scope = {
    variables: board.templating.list,
    choices,
    range,
    step: stepFor(range, pagePx, scrapeInterval),
    scrapeInterval,
  };
  const sections = sectionsOf(board);
  const panels = sections.flatMap((section) => section.panels);
  const nothing: Events = { events: [], errors: [] };
  const events = source === undefined
    ? nothing
    : await loadEvents(board.annotations.list, source, scope);
  const marks = events.events.map((event): Mark => ({
    start: event.start,
    end: event.end,
    color: cssColor(event.annotation.iconColor),
  }));
  const pageOf = pageFinder(boards);
  const bodies = await Promise.all(panels.map(async ({ panel, w, h }) => {
    const body = await bodyOf(panel, source, scope, {
      size: bodySize({ w, h }),
      marks,
      now: range.end,
      pageOf,
    });
    return [panel, body] as const;
  }));
  return writeBoardPage({
    board,
    sections,
    bodies: new Map<Panel, Html>(bodies),
    events,
    scope,
    values: source === undefined ? new Map() : await loadValues(source, scope),
    links: boards.map((other) => ({
      href: hrefOf(other.name),
      title: other.board.title,
      isHere: other.name === name,
    })),
    origin: source === undefined ? undefined : origin ?? "Prometheus",
    theme,
  });
}

/** Width of a point of a heat map: more of them than can be told apart make pages of MBs. */
const heatCellPx = 12;

async function bodyOf(
  panel: Panel,
  source: DataSource | undefined,
  scope: Scope,
  context: Omit<Parameters<typeof drawBody>[0], "panel" | "data">,
): Promise<Html> {
  if (source === undefined) return drawQueries({ panel });
  const maxPoints = Math.ceil(
    context.size.width / (panel.type === "heatmap" ? heatCellPx : 2),
  );
  const data = await loadPanel(panel, source, scope, maxPoints);
  return drawBody({ ...context, panel, data });
}

/** What a panel has for its body on a page of the usual width. */
function bodySize(cells: { readonly w: number; readonly h: number }): Size {
  const { width, height } = sizeInPx(cells, pagePx - 2 * pagePaddingPx);
  return {
    width: Math.max(40, width - 2 * panelPaddingPx - 2),
    height: Math.max(30, height - panelTitlePx - panelPaddingPx),
  };
}

/** Finds the page for a link of Grafana's (`/d/UID…`). */
function pageFinder(boards: readonly NamedBoard[]): (url: string) => string | undefined {
  return (url) => {
    const [, uid] = /^\/?d\/([\w-]+)/.exec(url) ?? [];
    const found = boards.find(({ board }) => board.uid === uid);
    return found === undefined ? undefined : hrefOf(found.name);
  };
}

/** Values of the variables that ask for those of a label. */
async function loadValues(
  source: DataSource,
  scope: Scope,
): Promise<Map<string, readonly string[]>> {
  const found = await Promise.all(scope.variables.map(async (variable) => {
    const query = labelQuery(variable);
    if (query === undefined) return [variable.name, []] as const;
    const selector = query.selector && interpolateQuery(query.selector, scope);
    try {
      return [variable.name, await source.labelValues(query.label, selector, scope.range)] as const;
    } catch {
      return [variable.name, []] as const; // the panels say what is wrong
    }
  }));
  return new Map(found);
}

/** The parts of `label_values(SELECTOR, LABEL)` or `label_values(LABEL)`. */
function labelQuery(
  { query }: Variable,
): { readonly label: string; readonly selector: string | undefined } | undefined {
  const text = typeof query === "string"
    ? query
    : typeof query === "object" && query !== null && "query" in query
    ? String(query.query)
    : "";
  const [, selector, label] = /^label_values\((?:(.+),)?\s*(\w+)\s*\)$/s.exec(text.trim()) ?? [];
  return label === undefined ? undefined : { label, selector: selector?.trim() };
}
