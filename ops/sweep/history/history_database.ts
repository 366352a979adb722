import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { HistoryError, historyErrorOf, isBusy } from "./history_error.ts";
import { applicationId, schema, schemaVersion } from "./history_schema.ts";

/** How long to wait for another sweep that is writing, in ms: a write takes a tenth of a second. */
const busyTimeoutMs = 5000;

/** What stays of the write-ahead log between sweeps, in bytes: what one of 500 hosts writes. */
const maxLogBytes = 4_194_304;

/** What Deno's types of `node:sqlite` lack. */
interface ArrayStatement extends StatementSync {
  /** Makes rows arrays instead of objects. */
  setReturnArrays(enabled: boolean): void;
}

/** A value of a column. */
export type Column = string | number | null;

/** The file with the history of a fleet's sweeps. Several processes may use it at once. */
export class HistoryDatabase implements Disposable {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, ArrayStatement>();

  /**
   * Opens the file, or makes it, mode 0600.
   *
   * @param options.busyTimeoutMs How long to wait for another process; 5 s by default.
   * @throws {HistoryError} when that is not possible, or the file is a newer version's or no history.
   */
  constructor(path: string, options: { readonly busyTimeoutMs?: number } = {}) {
    this.path = path;
    try {
      Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      makePrivate(path);
      this.#database = new DatabaseSync(path);
    } catch (error) {
      throw historyErrorOf(path, error);
    }
    try {
      this.rows(`pragma busy_timeout = ${options.busyTimeoutMs ?? busyTimeoutMs}`);
      this.#prepareFile();
    } catch (error) {
      this.#database.close();
      throw historyErrorOf(path, error);
    }
  }

  /** All rows that a query gives, each as an array: a quarter of the time that objects take. */
  rows<R extends readonly Column[]>(sql: string, ...parameters: Column[]): R[] {
    // What the columns are is the query's word.
    return this.#statement(sql).all(...parameters) as unknown as R[];
  }

  /** Runs a statement, and gives the number of rows that it has changed. */
  run(sql: string, ...parameters: Column[]): number {
    return Number(this.#statement(sql).run(...parameters).changes);
  }

  /** Adds a row, and gives its number. */
  insert(sql: string, ...parameters: Column[]): number {
    return Number(this.#statement(sql).run(...parameters).lastInsertRowid);
  }

  /** Whether nothing in the file is damaged. @throws {HistoryError} when it is so badly. */
  isSound(): boolean {
    return this.#guard(() => this.rows<[string]>("pragma quick_check(1)")[0]?.[0] === "ok");
  }

  /** The one number that a pragma gives. */
  pragma(name: string): number {
    const [row] = this.rows<[number]>(`pragma ${name}`);
    return row?.[0] ?? 0;
  }

  /**
   * Runs `work` so that all of what it writes is kept, or none of it; no other process writes
   * meanwhile.
   *
   * @throws {HistoryError} when the file can't be read or written.
   */
  write<T>(work: () => T): T {
    return this.#guard(() => {
      this.run("begin immediate");
      try {
        const result = work();
        this.run("commit");
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, such as a full disk.
        if (this.#database.isTransaction) this.run("rollback");
        throw error;
      }
    });
  }

  /**
   * Runs `work` on what the file holds at one moment.
   *
   * @throws {HistoryError} when the file can't be read.
   */
  read<T>(work: () => T): T {
    return this.#guard(() => {
      this.run("begin");
      try {
        return work();
      } finally {
        if (this.#database.isTransaction) this.run("rollback");
      }
    });
  }

  /** Closes the file. Never throws: what was written is written. */
  [Symbol.dispose](): void {
    try {
      this.#database.close();
    } catch {
      // The write-ahead log stays beside the file, and the next one to open it takes that in.
    }
  }

  #statement(sql: string): ArrayStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql) as ArrayStatement;
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw historyErrorOf(this.path, error);
    }
  }

  #prepareFile(): void {
    if (!this.#isOurs()) {
      // Takes effect only before the first table.
      this.run("pragma auto_vacuum = incremental");
      this.write(() => {
        // Another sweep may have been quicker.
        if (this.#isOurs()) return;
        for (const statement of schema) this.run(statement);
        this.run(`pragma application_id = ${applicationId}`);
        this.run(`pragma user_version = ${schemaVersion}`);
      });
    }
    // Readers and a writer don't wait for each other, and a crash loses the last sweep at most.
    const [mode] = this.rows<[string]>("pragma journal_mode");
    if (mode?.[0] !== "wal") this.#beginLog();
    this.run("pragma synchronous = normal");
    this.rows(`pragma journal_size_limit = ${maxLogBytes}`);
  }

  #beginLog(): void {
    try {
      this.rows("pragma journal_mode = wal");
    } catch (error) {
      // SQLite does not wait here. The sweep that is in its way does the same, for both of them.
      if (!isBusy(error)) throw error;
    }
  }

  /** Whether the tables are there. @throws {HistoryError} when they are another's. */
  #isOurs(): boolean {
    const version = this.pragma("user_version");
    const application = this.pragma("application_id");
    const tables = this.rows<[number]>("select count(*) from sqlite_schema")[0]?.[0] ?? 0;
    if (application === 0 && version === 0 && tables === 0) return false;
    const file = JSON.stringify(this.path);
    if (application !== applicationId) {
      throw new HistoryError(
        "foreign",
        `Cannot use ${file} as it must be a history of sweeps: it is another program's database, ` +
          `move it away`,
      );
    }
    if (version > schemaVersion) {
      throw new HistoryError(
        "foreign",
        `Cannot use the history of sweeps as its version must be ${schemaVersion} at most: ` +
          `current value is ${version} in ${file}, use a checkout as new as the one that wrote it`,
      );
    }
    return true;
  }
}

/**
 * Makes the file for nobody else, as it tells where the fleet is weak. SQLite would make it readable
 * for all; the files that it puts beside it have the same mode.
 */
function makePrivate(path: string): void {
  try {
    const { mode } = Deno.statSync(path);
    // Not by opening it: closing that would drop the locks that SQLite has on it in this process.
    if (mode !== null && (mode & 0o077) !== 0) Deno.chmodSync(path, 0o600);
  } catch (error) {
    // A file of another user's that may be used is used.
    if (error instanceof Deno.errors.PermissionDenied) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    createPrivate(path);
  }
}

function createPrivate(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    // Another sweep was quicker.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
