import type { HistoryDatabase } from "./history_database.ts";
import { stateNumber } from "./known_state.ts";

/** How long what is kept, and how much. */
export interface Retention {
  /** Changes of findings, and uptimes, in ms; 90 days by default. */
  readonly statesMs: number;
  /** The list of sweeps, in ms; 30 days by default. */
  readonly sweepsMs: number;
  /** Beyond this, in bytes, less time is kept; 256 MiB by default. */
  readonly maxBytes: number;
}

const gone = stateNumber("gone");
const dayMs = 86_400_000;

/** What is kept if nobody says otherwise. */
export const defaultRetention: Retention = {
  statesMs: 90 * dayMs,
  sweepsMs: 30 * dayMs,
  maxBytes: 268_435_456,
};

/** Shorter than this the history is not cut, however big it is. */
const minKeptMs = 3_600_000;

/** Findings of one host that are remembered when they are gone: a host may name new ones each time. */
const maxGone = 1000;

/** Pages that are given back to the file system at once, to keep a sweep's end quick. */
const maxFreedPages = 2048;

/** Deletes what is too old, or too much, within a transaction. */
export function pruneHistory(
  database: HistoryDatabase,
  { statesMs, sweepsMs, maxBytes }: Retention,
  nowMs: number,
): void {
  deleteBefore(database, nowMs - statesMs, nowMs - sweepsMs);
  // A fleet that flaps day and night: keep half of the time until it fits.
  for (
    let keptMs = statesMs / 2;
    usedBytes(database) > maxBytes && keptMs >= minKeptMs;
    keptMs /= 2
  ) {
    deleteBefore(database, nowMs - keptMs, nowMs - Math.min(keptMs, sweepsMs));
  }
}

/** Gives room that nothing uses back to the file system; outside of a transaction. */
export function shrinkHistory(database: HistoryDatabase): void {
  if (database.pragma("freelist_count") > 0) {
    database.rows(`pragma incremental_vacuum(${maxFreedPages})`);
  }
}

function deleteBefore(database: HistoryDatabase, statesMs: number, sweepsMs: number): void {
  database.run("delete from sweeps where started_ms < ?", sweepsMs);
  database.run("delete from past_states where until_ms < ?", statesMs);
  database.run("delete from service_states where until_ms < ?", statesMs);
  database.run("delete from hosts where swept_ms < ?", statesMs);
  const old = `select id from findings where status = ${gone} and since_ms < ?`;
  const tooMany = `select id from (
      select id, row_number() over (partition by host order by since_ms desc, id desc) as place
        from findings where status = ${gone}
    ) where place > ?`;
  for (const [which, value] of [[old, statesMs], [tooMany, maxGone]] as const) {
    database.run(`delete from past_states where finding in (${which})`, value);
    database.run(`delete from findings where id in (${which})`, value);
  }
}

function usedBytes(database: HistoryDatabase): number {
  return (database.pragma("page_count") - database.pragma("freelist_count")) *
    database.pragma("page_size");
}
