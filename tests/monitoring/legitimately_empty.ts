import type { BoardQuery } from "./board_queries.ts";

/** A panel's query that gives nothing although all is well, and why. */
export interface LegitimatelyEmpty {
  readonly panel: string;
  /** All queries of the panel without it. */
  readonly refId?: string;
  readonly reason: string;
}

/**
 * What the monitored fleet gives no data for. An entry whose query does give data is a failure, so
 * that the list stays true.
 */
export const legitimatelyEmpty: readonly LegitimatelyEmpty[] = [];

/** Why a query may be empty, if it may. */
export function reasonToBeEmpty({ panel, refId }: BoardQuery): string | undefined {
  return legitimatelyEmpty.find((entry) =>
    entry.panel === panel && (entry.refId === undefined || entry.refId === refId)
  )?.reason;
}
