import { truncate } from "../../../tunnel/printable.ts";
import type { Panel, Target } from "../board/board.ts";
import { interpolateQuery, type Scope, stepFor } from "../board/interpolation.ts";
import { durationSeconds } from "./duration.ts";
import type { DataSource, Series, TimeRange } from "./source.ts";

/** The answer to one query of a panel. */
export interface TargetResult {
  readonly target: Target;
  /** As Prometheus got it. */
  readonly expression: string;
  readonly series: readonly Series[];
  /** How many series there were besides; they are not drawn. */
  readonly omitted: number;
  /** Why there are none. */
  readonly error?: string;
}

/** All that is drawn in a panel. */
export interface PanelData {
  readonly results: readonly TargetResult[];
  readonly range: TimeRange;
  readonly step: number;
}

/** Most series of a query that are drawn; more can't be told apart, and would make a page of MBs. */
export const maxSeries = 100;

/**
 * Asks for a panel's data. What goes wrong with a query is in its result.
 *
 * @param maxPoints Most values of a series; a panel has so many pixels.
 */
export async function loadPanel(
  panel: Panel,
  source: DataSource,
  scope: Omit<Scope, "step">,
  maxPoints: number,
): Promise<PanelData> {
  const minimum = durationSeconds(panel.interval) ?? scope.scrapeInterval;
  const step = stepFor(scope.range, maxPoints, minimum);
  // On the step, so that a page that is drawn again has its values at the same times.
  const range = {
    start: Math.floor(scope.range.start / step) * step,
    end: Math.floor(scope.range.end / step) * step,
  };
  const results = await Promise.all(
    panel.targets.filter(({ hide, expr }) => !hide && expr !== "").map((target) =>
      ask(target, source, { ...scope, step: durationSeconds(target.interval) ?? step }, range)
    ),
  );
  return { results, range, step };
}

async function ask(
  target: Target,
  source: DataSource,
  scope: Scope,
  range: TimeRange,
): Promise<TargetResult> {
  const expression = interpolateQuery(target.expr, scope);
  try {
    const series = target.instant && !target.range
      ? await source.query(expression, scope.range.end)
      : await source.queryRange(expression, range, scope.step);
    return {
      target,
      expression,
      series: series.slice(0, maxSeries),
      omitted: Math.max(0, series.length - maxSeries),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { target, expression, series: [], omitted: 0, error: truncate(text, 500) };
  }
}
