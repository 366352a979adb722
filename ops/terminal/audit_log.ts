import { dirname } from "node:path";
import { ConfigError } from "../../tunnel/errors.ts";
import { truncate } from "../../tunnel/printable.ts";
import type { EventSink, StampedEvent } from "../engine/run/event.ts";

/** Who changes a fleet, and from where. */
export interface AuditOrigin {
  /** The operator's user name. */
  readonly user: string;
  /** This machine's name. */
  readonly machine: string;
  /** The release of the checkout that the command belongs to. */
  readonly version: string;
}

/** One line of the audit. */
export interface AuditEntry {
  /** Version of these fields. */
  readonly schema: 1;
  /** UTC, ISO 8601. */
  readonly time: string;
  /** Stands in all lines of a run. */
  readonly run: string;
  readonly user: string;
  readonly machine: string;
  readonly command: string;
  readonly host: string | null;
  /** What was done, in the imperative, or that a run began or ended. */
  readonly what: string;
  readonly result: "begun" | "applied" | "done" | "failed" | "unreachable" | "rolled_back";
  /** Arguments, releases, numbers: whatever else there is to know. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Size beyond which a new file is begun, in bytes, and how many old ones stay: 40 MiB in all. */
const maxFileBytes = 8_388_608;
const oldFiles = 4;
/** Longest text in a line, in UTF-16 units. */
const maxTextLength = 4096;

/**
 * Keeps what was changed, by whom and when, in a file of JSON lines that only grows. A run that is
 * only a check (`--check`) leaves no trace, as it changes nothing.
 */
export class AuditLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #origin: AuditOrigin;
  readonly #run = crypto.randomUUID();
  readonly #encoder = new TextEncoder();
  #command: string | undefined;

  /**
   * Opens the log, or begins a new one when it has grown too long.
   *
   * @param path The file; its directory is made if need be.
   * @throws {ConfigError} when it can't be written: nothing is changed without a trace.
   */
  constructor(path: string, origin: AuditOrigin) {
    this.#origin = origin;
    try {
      Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rotate(path);
      this.#file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConfigError(
        `Cannot keep an audit as its file can't be written (${reason}): current value is ` +
          `${JSON.stringify(path)}; mend that, or set "XDG_STATE_HOME" to a directory of yours`,
      );
    }
  }

  /** The sink. @throws what the file system says. */
  readonly sink: EventSink = (event) => {
    if (event.type === "run_started" && !event.check) this.#command = event.command;
    if (this.#command === undefined) return;
    const action = actionOf(event, this.#origin);
    if (action === undefined) return;
    const { user, machine } = this.#origin;
    const entry: AuditEntry = {
      ...{ schema: 1, time: event.time, run: this.#run, user, machine, command: this.#command },
      ...action,
    };
    // In one piece, so that lines of two runs don't mix.
    const line = this.#encoder.encode(`${JSON.stringify(entry)}\n`);
    const written = this.#file.writeSync(line);
    if (written < line.length) throw new Error("there is no room for more");
    if (event.type === "run_finished") this.#file.syncSync();
  };

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

type Action = Pick<AuditEntry, "host" | "what" | "result" | "detail">;

function actionOf(event: StampedEvent, { version }: AuditOrigin): Action | undefined {
  switch (event.type) {
    case "run_started":
      return {
        host: null,
        what: "begin run",
        result: "begun",
        detail: {
          arguments: event.arguments.map(bounded),
          fleet: event.fleet,
          release: event.release,
          hosts: event.hosts.length,
          version,
        },
      };
    case "change":
      if (event.state === "planned") return undefined;
      return {
        host: event.host,
        what: bounded(event.summary),
        result: event.state,
        detail: {
          resource: bounded(event.resource),
          ...(event.error !== undefined && { error: bounded(event.error) }),
        },
      };
    case "host_finished": {
      const { outcome, changed, releaseBefore, releaseAfter, error } = event;
      if (outcome === "skipped") return undefined;
      return {
        host: event.host,
        what: "finish host",
        result: outcome,
        detail: {
          ...{ changed, releaseBefore, releaseAfter },
          ...(error !== undefined && { error: bounded(error) }),
        },
      };
    }
    case "run_finished":
      return {
        host: null,
        what: "end run",
        result: event.exitCode === 0 ? "done" : "failed",
        detail: {
          exitCode: event.exitCode,
          ...(event.error !== undefined && { error: bounded(event.error) }),
        },
      };
    default:
      return undefined;
  }
}

function bounded(text: string): string {
  return truncate(text, maxTextLength);
}

/** Moves a log that is too long aside: `audit.jsonl` becomes `audit.jsonl.1`, that `.2`, and so on. */
function rotate(path: string): void {
  try {
    if (Deno.statSync(path).size < maxFileBytes) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (let number = oldFiles; number >= 1; number--) {
    try {
      Deno.renameSync(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
