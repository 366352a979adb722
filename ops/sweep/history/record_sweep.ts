import { type Finding, findingKey } from "../finding.ts";
import type { HostAnswer } from "../gather_host.ts";
import type { FleetSweep } from "../sweep_fleet.ts";
import {
  compareSweep,
  type FindingUpdate,
  keepable,
  keepableFinding,
  type KnownFinding,
  storedKey,
} from "./compare_sweep.ts";
import { coverageOf } from "./coverage.ts";
import type { HistoryDatabase } from "./history_database.ts";
import { writeKeptFacts } from "./kept_facts.ts";
import {
  changeKind,
  type FindingChange,
  isProblem,
  type KnownState,
  stateNumber,
  stateOf,
} from "./known_state.ts";

/** A finding as the file has it. */
interface StoredFinding extends KnownFinding, KnownState {
  readonly id: number;
}

/** What recording a sweep tells. */
export interface RecordedSweep {
  readonly changes: readonly FindingChange[];
  /** Since when each problem of this sweep is as it is, in ms since 1970, by its key. */
  readonly since: ReadonlyMap<string, number>;
}

/** Name of the fleet itself where hosts have theirs. */
const fleetHost = "";

/**
 * Writes what a sweep has found, within a transaction.
 *
 * @param isWhole Whether it has looked at all hosts of the inventory.
 * @param nowMs This machine's clock, in ms since 1970.
 */
export function recordSweep(
  database: HistoryDatabase,
  sweep: FleetSweep,
  isWhole: boolean,
  nowMs: number,
): RecordedSweep {
  const { result, answers } = sweep;
  const { hosts, startedMs: atMs } = result;
  const newer = newerSwept(database, atMs, nowMs);
  const isNews = (host: string | null): boolean => !newer.has(host ?? fleetHost);
  const news = result.findings.filter(({ host }) => isNews(host));
  const findings = keepable(news, storedKey);
  const known = storedFindings(database);
  const { isComplete } = coverageOf(sweep, isWhole);
  const updates = compareSweep(known, findings, {
    isComplete: (host, check) => isNews(host) && isComplete(host, check),
  });
  insertSweep(database, sweep, isWhole);
  for (const update of updates) applyUpdate(database, update, atMs);
  const told = [
    ...isWhole ? [null, ...hosts] : hosts,
    ...result.findings.map(({ host }) => host),
    ...updates.flatMap((update) => update.type === "gone" ? [update.known.host] : []),
  ];
  for (const host of new Set(told.filter(isNews))) {
    markSwept(database, host ?? fleetHost, atMs, host === null ? undefined : answers.get(host));
  }
  return {
    changes: updates.map(changeOf).filter((change) => change !== undefined),
    since: sinceOf(news, known, atMs),
  };
}

/** Since when each problem of a sweep is as it is. */
function sinceOf(
  findings: readonly Finding[],
  known: ReadonlyMap<string, StoredFinding>,
  atMs: number,
): Map<string, number> {
  const since = new Map<string, number>();
  for (const finding of findings) {
    const { status } = finding;
    if (!isProblem(status)) continue;
    const before = known.get(storedKey(keepableFinding(finding)));
    since.set(findingKey(finding), before?.status === status ? before.sinceMs : atMs);
  }
  return since;
}

/**
 * The hosts at which a sweep has looked that began later and was quicker: what this one knows of
 * them is old. A time in the future is no reason, as then a clock was wrong.
 */
function newerSwept(database: HistoryDatabase, atMs: number, nowMs: number): Set<string> {
  const rows = database.rows<[string]>(
    "select name from hosts where swept_ms >= ? and swept_ms <= ?",
    ...[atMs, nowMs],
  );
  return new Set(rows.map(([name]) => name));
}

function storedFindings(database: HistoryDatabase): Map<string, StoredFinding> {
  type Row = [number, string, string, string, number, string, number];
  const rows = database.rows<Row>(
    "select id, host, check_id, subject, status, value, since_ms from findings",
  );
  return new Map(rows.map(([id, name, check, subject, status, value, sinceMs]) => {
    const host = name === fleetHost ? null : name;
    const stored = { id, host, check, subject, status: stateOf(status), value, sinceMs };
    return [storedKey(stored), stored];
  }));
}

function insertSweep(
  database: HistoryDatabase,
  { result, answers }: FleetSweep,
  isWhole: boolean,
): void {
  const { hosts, findings, startedMs, durationMs } = result;
  const count = (wanted: Finding["status"]): number =>
    findings.filter(({ status }) => status === wanted).length;
  database.run(
    "insert into sweeps (started_ms, duration_ms, is_whole, hosts, unreachable, ok, warning, " +
      "critical) values (?, ?, ?, ?, ?, ?, ?, ?)",
    ...[startedMs, durationMs, isWhole ? 1 : 0, hosts.length],
    ...[hosts.filter((host) => !answers.has(host)).length],
    ...[count("ok"), count("warning"), count("critical")],
  );
}

function applyUpdate(
  database: HistoryDatabase,
  update: FindingUpdate<StoredFinding>,
  atMs: number,
): void {
  switch (update.type) {
    case "appeared": {
      const { host, check, subject, status, value } = update.finding;
      database.run(
        "insert into findings (host, check_id, subject, status, value, since_ms) " +
          "values (?, ?, ?, ?, ?, ?)",
        ...[host ?? fleetHost, check, subject, stateNumber(status), value, atMs],
      );
      return;
    }
    case "reworded":
      database.run("update findings set value = ? where id = ?", ...[
        update.finding.value,
        update.known.id,
      ]);
      return;
    case "changed":
    case "gone": {
      const { id, sinceMs } = update.known;
      const status = update.type === "gone" ? "gone" : update.finding.status;
      const value = update.type === "gone" ? "" : update.finding.value;
      database.run(
        "insert into past_states (finding, status, previous, value, since_ms, until_ms) " +
          "select id, status, previous, value, since_ms, ? from findings where id = ?",
        // A clock that was set back must not make a span that ends before it begins.
        ...[Math.max(atMs, sinceMs), id],
      );
      database.run(
        "update findings set previous = status, status = ?, value = ?, since_ms = ? where id = ?",
        ...[stateNumber(status), value, atMs, id],
      );
    }
  }
}

function changeOf(update: FindingUpdate<StoredFinding>): FindingChange | undefined {
  if (update.type === "reworded") return undefined;
  if (update.type === "appeared") {
    const { finding } = update;
    const kind = changeKind(undefined, finding.status);
    return kind && { kind, finding, before: undefined };
  }
  const { status, value, sinceMs, host, check, subject } = update.known;
  const kind = changeKind(status, update.type === "gone" ? "gone" : update.finding.status);
  if (kind === undefined) return undefined;
  const before = { status, value, sinceMs };
  if (update.type === "changed") return { kind, finding: update.finding, before };
  if (status === "gone") return undefined;
  return { kind, before, finding: { host, check, subject, status, value, remedy: "" } };
}

/** Remembers that a sweep has looked at a host, and what that has told if it has answered. */
function markSwept(
  database: HistoryDatabase,
  host: string,
  atMs: number,
  answer: HostAnswer | undefined,
): void {
  database.run(
    "insert into hosts (name, swept_ms) values (?, ?) " +
      "on conflict (name) do update set swept_ms = excluded.swept_ms",
    ...[host, atMs],
  );
  if (answer === undefined) return;
  database.run(
    "update hosts set asked_ms = ?, facts = ? where name = ?",
    ...[answer.askedMs, writeKeptFacts(answer.facts), host],
  );
}
