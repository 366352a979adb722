import type { HistoryDatabase } from "./history_database.ts";
import { type HistoryFilter, isWanted } from "./history_filter.ts";
import {
  type ChangeKind,
  changeKind,
  type StateName,
  stateNumber,
  stateOf,
  stateOrNone,
} from "./known_state.ts";

/** A change of a finding that some sweep has found. */
export interface PastChange {
  readonly kind: ChangeKind;
  readonly host: string | null;
  readonly check: string;
  readonly subject: string;
  readonly from: StateName | undefined;
  readonly to: StateName;
  /** What the check said last in the new state. */
  readonly value: string;
  /** Start of the sweep that found it, in ms since 1970. */
  readonly sinceMs: number;
  /** When the next change followed; `undefined` while it is so. */
  readonly untilMs: number | undefined;
}

type Row = [string, string, string, number, number | null, string, number, number | null];

/** The changes that somebody wants to see, from old to new. */
export function pastChanges(database: HistoryDatabase, filter: HistoryFilter): PastChange[] {
  const rows = database.rows<Row>(
    `select host, check_id, subject, status, previous, value, since_ms, null from findings
       where since_ms >= ?
     union all
     select host, check_id, subject, past.status, past.previous, past.value, past.since_ms,
         past.until_ms
       from past_states as past join findings on findings.id = past.finding
       where past.until_ms >= ? and past.since_ms >= ?
     order by 7`,
    ...[filter.fromMs, filter.fromMs, filter.fromMs],
  );
  return rows.map(pastChange).filter((change) => change !== undefined)
    .filter((change) => isWanted(filter, change));
}

/** Everything that was not well at the last look at it, the longest so first. */
export function openProblems(database: HistoryDatabase, filter: HistoryFilter): PastChange[] {
  const rows = database.rows<Row>(
    "select host, check_id, subject, status, previous, value, since_ms, null from findings " +
      "where status in (?, ?) order by since_ms, id",
    ...[stateNumber("warning"), stateNumber("critical")],
  );
  return rows.map(pastChange).filter((change) => change !== undefined)
    .filter((change) => isWanted(filter, change));
}

function pastChange(
  [name, check, subject, status, previous, value, sinceMs, untilMs]: Row,
): PastChange | undefined {
  const from = stateOrNone(previous);
  const to = stateOf(status);
  const kind = changeKind(from, to);
  const host = name === "" ? null : name;
  return kind &&
    { kind, host, check, subject, from, to, value, sinceMs, untilMs: untilMs ?? undefined };
}

/** All hosts, checks and subjects that the history knows, to tell a wrong name from a quiet one. */
export function knownFindings(
  database: HistoryDatabase,
): { readonly host: string | null; readonly check: string; readonly subject: string }[] {
  return database.rows<[string, string, string]>("select host, check_id, subject from findings")
    .map(([host, check, subject]) => ({ host: host === "" ? null : host, check, subject }));
}
