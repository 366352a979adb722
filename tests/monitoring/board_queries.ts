import { boardFiles } from "../../dashboards/boards/board_files.ts";
import {
  type AnnotationQuery,
  type Board,
  readBoard,
  type Variable,
} from "../../dashboards/preview/board/board.ts";
import { interpolateQuery } from "../../dashboards/preview/board/interpolation.ts";
import type { PrometheusServer, QueryRange } from "./prometheus_server.ts";

/** One query of a panel of a generated dashboard. */
export interface BoardQuery {
  /** The dashboard's uid. */
  readonly board: string;
  readonly panel: string;
  readonly refId: string;
  readonly expression: string;
  /** One moment instead of a range. */
  readonly isInstant: boolean;
}

/** A generated dashboard with its queries. */
export interface QueriedBoard {
  readonly uid: string;
  /** Its variables of labels, in their order. */
  readonly variables: readonly Variable[];
  readonly annotations: readonly AnnotationQuery[];
  readonly queries: readonly BoardQuery[];
}

/** What is chosen for one variable, while all others stand for All. */
export interface ChosenValue {
  readonly variable: string;
  readonly value: string;
}

/** The generated dashboards. */
export function queriedBoards(): QueriedBoard[] {
  return boardFiles().map(({ path, text }) => {
    const board = readBoard(JSON.parse(text), path);
    return {
      uid: board.uid,
      variables: board.templating.list.filter(({ type }) => type === "query"),
      annotations: board.annotations.list,
      queries: queriesOf(board),
    };
  });
}

function queriesOf(board: Board): BoardQuery[] {
  return board.panels.flatMap((panel) => [panel, ...panel.panels]).flatMap((panel) =>
    panel.targets.map(({ refId, expr, instant, range }) => ({
      board: board.uid,
      panel: panel.title,
      refId,
      expression: expr,
      isInstant: instant && !range,
    }))
  );
}

/** The data that queries are about, and how closely they look. */
export interface AskedRange extends Pick<QueryRange, "start" | "end"> {
  /** Seconds over which rates are taken. */
  readonly rateSeconds: number;
}

/** How a query is asked. */
export interface AskOptions {
  readonly range: AskedRange;
  /** All other variables, and this one without it, stand for All. */
  readonly chosen?: ChosenValue;
}

/** Seconds between two scrapes in tests. */
const scrapeInterval = 1;

/**
 * The values of all series that a panel gets, asked for as Grafana does.
 *
 * @throws when Prometheus can't evaluate it, with its words.
 */
export async function askBoardQuery(
  prometheus: PrometheusServer,
  board: QueriedBoard,
  query: Pick<BoardQuery, "expression" | "isInstant">,
  options: AskOptions,
): Promise<readonly number[]> {
  const asked = interpolate(board, query.expression, options);
  const { start, end, rateSeconds: step } = options.range;
  if (query.isInstant) return (await prometheus.query(asked, end)).map(({ value }) => value);
  const series = await prometheus.queryRange(asked, { start, end, step });
  return series.flatMap(({ points }) => points.map(({ value }) => value));
}

/** An expression as Grafana sends it. */
export function interpolate(
  { variables }: QueriedBoard,
  expression: string,
  { range, chosen }: AskOptions,
): string {
  return interpolateQuery(expression, {
    variables,
    choices: new Map(chosen === undefined ? [] : [[chosen.variable, [chosen.value]]]),
    range,
    // Grafana takes rates over the sum of both.
    step: range.rateSeconds - scrapeInterval,
    scrapeInterval,
  });
}

/** The values that a variable offers while the others stand for All. */
export async function variableValues(
  prometheus: PrometheusServer,
  board: QueriedBoard,
  variable: Variable,
  range: AskedRange,
): Promise<readonly string[]> {
  const { query } = variable.query as { readonly query: string };
  const parts = /^label_values\((.*), (\w+)\)$/.exec(query);
  if (parts === null) throw new Error(`Cannot read the query of ${variable.name}: ${query}`);
  const [, selector = "", label = ""] = parts;
  return await prometheus.labelValues(label, interpolate(board, selector, { range }));
}
