import type { FindingStatus } from "../finding.ts";
import type { HistoryDatabase } from "./history_database.ts";
import { type StateName, stateOf, worstOf } from "./known_state.ts";

/** How something was at each of the last sweeps, from old to new. */
export interface RecentSweeps {
  /** When they began, in ms since 1970. */
  readonly startsMs: readonly number[];
  /**
   * The worst finding of each host at each of these sweeps, `null` before the host was known; the
   * fleet's own findings have the key `null`.
   */
  readonly hosts: ReadonlyMap<string | null, readonly (FindingStatus | null)[]>;
}

/** The last `count` sweeps until `nowMs`: later ones were by a clock that was ahead. */
export function recentSweeps(
  database: HistoryDatabase,
  count: number,
  nowMs: number,
): RecentSweeps {
  const startsMs = database.rows<[number]>(
    "select started_ms from sweeps where started_ms <= ? order by started_ms desc limit ?",
    ...[nowMs, count],
  ).map(([start]) => start).reverse();
  const [first = 0] = startsMs;
  const spans = database.rows<[string, number, number, number | null]>(
    `select host, status, since_ms, null from findings
     union all
     select host, past_states.status, past_states.since_ms, until_ms
       from past_states join findings on findings.id = finding where until_ms > ?`,
    first,
  );
  const states = new Map<string | null, Set<StateName>[]>();
  for (const [name, status, sinceMs, untilMs] of spans) {
    const host = name === "" ? null : name;
    let at = states.get(host);
    if (at === undefined) states.set(host, at = startsMs.map(() => new Set()));
    for (let i = firstNotBefore(startsMs, sinceMs); i < startsMs.length; i++) {
      if (untilMs !== null && startsMs[i]! >= untilMs) break;
      if (stateOf(status) !== "gone") at[i]!.add(stateOf(status));
    }
  }
  return {
    startsMs,
    hosts: new Map([...states].map(([host, at]) => [
      host,
      at.map((found) => found.size === 0 ? null : worstOf(found)),
    ])),
  };
}

/** Index of the first of sorted numbers that is `value` or more. */
function firstNotBefore(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
