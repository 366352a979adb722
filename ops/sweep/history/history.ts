import { quote } from "../../../tunnel/printable.ts";
import { findingKey } from "../finding.ts";
import { moveDamagedAside } from "./damaged_file.ts";
import type { KeptFacts } from "../facts/fact_sources.ts";
import type { FleetSweep } from "../sweep_fleet.ts";
import { type FlappingFinding, flappingFindings } from "./flapping.ts";
import { HistoryDatabase } from "./history_database.ts";
import { historyErrorOf } from "./history_error.ts";
import { readKeptFacts } from "./kept_facts.ts";
import type { FindingChange } from "./known_state.ts";
import { defaultRetention, pruneHistory, type Retention, shrinkHistory } from "./prune_history.ts";
import { type RecentSweeps, recentSweeps } from "./recent_sweeps.ts";
import { recordSweep } from "./record_sweep.ts";
import { serviceStates } from "./service_states.ts";
import {
  knownSpanMs,
  recordServices,
  type ServiceUptime,
  serviceUptimes,
} from "./service_uptime.ts";

/** What a sweep has changed in the history. */
export interface SweepChanges {
  /** Start of the sweep before, in ms since 1970; `undefined` at the first one. */
  readonly previousSweepMs: number | undefined;
  /** In the order of the sweep's findings, gone ones last. */
  readonly changes: readonly FindingChange[];
  /** Since when each problem of this sweep is as it is, in ms since 1970, by `findingKey`. */
  readonly since: ReadonlyMap<string, number>;
  /** The findings that change too often to tell of each change, by `findingKey`. */
  readonly flapping: ReadonlyMap<string, FlappingFinding>;
}

/** What a host told at the sweep before. */
export interface HostBefore {
  readonly facts: KeptFacts;
  /** When it was asked, by this machine's clock, in ms since 1970. */
  readonly askedMs: number;
}

/** How {@linkcode openHistory} opens. */
export interface OpenHistoryOptions {
  /** Gets why the history is not read or written, each reason once. */
  readonly warn: (text: string) => void;
  readonly retention?: Retention;
  /** How long to wait for another process, in ms; 5 s by default. */
  readonly busyTimeoutMs?: number;
}

/** Sweeps by whose distances one knows the usual one. */
const sweepsToCompare = 12;

/**
 * The history of a fleet's sweeps, which a sweep can do without: whatever is wrong with it is a
 * warning, and then it knows nothing. A damaged file is moved aside.
 */
export class SweepHistory implements Disposable {
  readonly #path: string;
  readonly #options: OpenHistoryOptions;
  readonly #warned = new Set<string>();
  #database: HistoryDatabase | undefined;

  constructor(path: string, options: OpenHistoryOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** What every host told at the sweep before, by name. */
  before(): ReadonlyMap<string, HostBefore> {
    return this.#use((database) => {
      const rows = database.rows<[string, number, string]>(
        "select name, asked_ms, facts from hosts where facts is not null and asked_ms is not null",
      );
      return new Map(rows.map(([name, askedMs, facts]) => {
        return [name, { facts: readKeptFacts(facts), askedMs }];
      }));
    }) ?? new Map();
  }

  /**
   * Writes what a sweep has found, and says what has changed since the one before; `undefined` when
   * that can't be told.
   *
   * @param options.isWhole Whether it has looked at all hosts of the inventory.
   * @param options.nowMs This machine's clock, for tests.
   */
  record(
    sweep: FleetSweep,
    { isWhole, nowMs = Date.now() }: { readonly isWhole: boolean; readonly nowMs?: number },
  ): SweepChanges | undefined {
    const { retention = defaultRetention } = this.#options;
    const atMs = sweep.result.startedMs;
    return this.#use((database) => {
      const changes = database.write((): SweepChanges => {
        const startsMs = database.rows<[number]>(
          "select started_ms from sweeps where started_ms < ? order by started_ms desc limit ?",
          ...[atMs, sweepsToCompare],
        ).map(([start]) => start);
        const recorded = recordSweep(database, sweep, isWhole, nowMs);
        const knownMs = knownSpanMs([...startsMs, atMs]);
        const services = serviceStates(sweep.result.findings);
        recordServices(database, services, { atMs, knownMs, nowMs });
        const flapping = flappingFindings(database, atMs);
        pruneHistory(database, retention, nowMs);
        return {
          previousSweepMs: startsMs[0],
          ...recorded,
          flapping: new Map(flapping.map((finding) => [findingKey(finding), finding])),
        };
      });
      shrinkHistory(database);
      return changes;
    });
  }

  /** How hosts were at the last `count` sweeps until `nowMs` (now by default), for sparklines. */
  recent(count: number, nowMs = Date.now()): RecentSweeps {
    return this.#use((database) => database.read(() => recentSweeps(database, count, nowMs))) ??
      { startsMs: [], hosts: new Map() };
  }

  /** How services were until `nowMs` (now by default), by name. */
  uptime(nowMs = Date.now()): readonly ServiceUptime[] {
    return this.#use((database) => serviceUptimes(database, nowMs)) ?? [];
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#database?.[Symbol.dispose]();
    this.#database = undefined;
  }

  #use<T>(work: (database: HistoryDatabase) => T, isSecondTry = false): T | undefined {
    try {
      return this.#attempt(work);
    } catch (error) {
      const { fault, message } = historyErrorOf(this.#path, error);
      this.#warn(message);
      const isReplaced = fault === "corrupt" && !isSecondTry && this.#moveAside();
      return isReplaced ? this.#use(work, true) : undefined;
    }
  }

  #attempt<T>(work: (database: HistoryDatabase) => T): T {
    const { busyTimeoutMs } = this.#options;
    this.#database ??= new HistoryDatabase(this.#path, {
      ...busyTimeoutMs !== undefined && { busyTimeoutMs },
    });
    return work(this.#database);
  }

  /** Gives whether a new file may be begun. */
  #moveAside(): boolean {
    this[Symbol.dispose]();
    try {
      const aside = moveDamagedAside(this.#path);
      if (aside !== undefined) {
        this.#warn(`The damaged history of sweeps is now ${quote(aside, 1000)}; a new one begins`);
      }
      return true;
    } catch (error) {
      this.#warn(historyErrorOf(this.#path, error).message);
      return false;
    }
  }

  #warn(text: string): void {
    if (!this.#warned.has(text)) this.#options.warn(text);
    this.#warned.add(text);
  }
}

/** Opens the history of a fleet's sweeps, when it is first used. Never throws. */
export function openHistory(path: string, options: OpenHistoryOptions): SweepHistory {
  return new SweepHistory(path, options);
}
