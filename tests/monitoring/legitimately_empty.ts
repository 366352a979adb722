import type { BoardQuery } from "./board_queries.ts";

/** A panel's queries that give nothing although all is well, and why. */
export interface LegitimatelyEmpty {
  /** The dashboard's uid. */
  readonly board: string;
  readonly panel: string;
  /** Only when a value is chosen for one of these variables; always without it. */
  readonly variables?: readonly string[];
  readonly reason: string;
}

/**
 * What the monitored fleet gives no data for. An entry whose queries do give data is a failure, so
 * that the list stays true.
 */
export const legitimatelyEmpty: readonly LegitimatelyEmpty[] = [
  {
    board: "ztna-service",
    panel: "Lost between relay and connector",
    variables: ["job", "instance"],
    reason: "what a relay and a connector have carried is compared, and one host is one of them",
  },
];

/**
 * Why a query may be empty, if it may.
 *
 * @param variable The one for which a value is chosen.
 */
export function reasonToBeEmpty(
  { board, panel }: Pick<BoardQuery, "board" | "panel">,
  variable?: string,
): string | undefined {
  return legitimatelyEmpty.find((entry) =>
    entry.board === board && entry.panel === panel &&
    (entry.variables === undefined || entry.variables.includes(variable ?? ""))
  )?.reason;
}
