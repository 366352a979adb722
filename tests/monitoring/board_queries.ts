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

/** What a query has given. */
export interface BoardAnswer {
  /** As Prometheus got it. */
  readonly expression: string;
  /** All values of all series. */
  readonly values: readonly number[];
}

/** Seconds between two scrapes in tests. */
const scrapeInterval = 1;
/**
 * Seconds between two values: their rates are over the sum of both, so that a machine that scrapes
 * late leaves no gap.
 */
const step = 9;

/**
 * Asks what a panel asks, as Grafana does.
 *
 * @param range From the first to the last moment that there is data of.
 * @throws when Prometheus can't evaluate it, with its words.
 */
export async function askBoardQuery(
  prometheus: PrometheusServer,
  board: QueriedBoard,
  { expression, isInstant }: Pick<BoardQuery, "expression" | "isInstant">,
  range: Pick<QueryRange, "start" | "end">,
  chosen?: ChosenValue,
): Promise<BoardAnswer> {
  const choices = new Map(chosen === undefined ? [] : [[chosen.variable, [chosen.value]]]);
  const { variables } = board;
  const asked = interpolateQuery(expression, { variables, choices, range, step, scrapeInterval });
  const values = isInstant
    ? (await prometheus.query(asked, range.end)).map(({ value }) => value)
    : (await prometheus.queryRange(asked, { ...range, step })).flatMap(({ points }) =>
      points.map(({ value }) => value)
    );
  return { expression: asked, values };
}

/** The values that a variable offers while the others stand for All. */
export async function variableValues(
  prometheus: PrometheusServer,
  board: QueriedBoard,
  variable: Variable,
  range: Pick<QueryRange, "start" | "end">,
): Promise<readonly string[]> {
  const { query } = variable.query as { readonly query: string };
  const parts = /^label_values\((.*), (\w+)\)$/.exec(query);
  if (parts === null) throw new Error(`Cannot read the query of ${variable.name}: ${query}`);
  const [, selector = "", label = ""] = parts;
  const { variables } = board;
  const scope = { variables, choices: new Map(), range, step, scrapeInterval };
  return await prometheus.labelValues(label, interpolateQuery(selector, scope));
}
