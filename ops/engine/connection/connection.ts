import type { HostLock } from "./host_lock.ts";

/** What a remote script has come to. */
export interface CommandResult {
  /** Exit code; 128 and its number for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether output beyond `maxOutputBytes` was dropped from `stdout` or `stderr`. */
  readonly truncated: boolean;
}

/** Bytes for a script's standard input. */
export interface ScriptInput {
  /** Exact number of bytes in `stream`. */
  readonly length: number;
  readonly stream: ReadableStream<Uint8Array>;
}

/** How a script is run. */
export interface RunOptions {
  /** What it is, for `-v` and for messages: "gather facts". */
  readonly what: string;
  /** Standard input; empty by default. */
  readonly input?: ScriptInput;
  /** Taken before the script starts, without a round trip of its own, and kept by the connection. */
  readonly lock?: HostLock;
  /**
   * Called with each whole line as it comes, without its end; long lines come in parts. Bytes that
   * are no UTF-8 are replaced; nothing else is changed, so escape before printing.
   */
  readonly onLine?: (stream: "stdout" | "stderr", line: string) => void;
  /** Ends the script after this time, in ms; never by default. */
  readonly timeoutMs?: number;
  /** Most bytes of each stream that are kept in the result; 16 MiB by default. */
  readonly maxOutputBytes?: number;
  /** Ends the script and what it has started, remotely too, then rejects with its reason. */
  readonly signal?: AbortSignal;
  /**
   * How long the host may take to say that a script has ended that was interrupted, in ms; after
   * that the connection is closed. 5,000 by default.
   */
  readonly endGraceMs?: number;
}

/** What a connection has cost so far. */
export interface ConnectionTraffic {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Scripts that were sent and answered. */
  readonly roundTrips: number;
  /** `ssh` processes that were started, attempts that failed included. */
  readonly processes: number;
}

/**
 * A shell on a host, with the privileges that were asked for. One process (`ssh` or `sh`) carries
 * all scripts, one after the other. When the connection ends while a script runs, however it does,
 * everything that the script has started is ended too.
 */
export interface Connection extends AsyncDisposable {
  /** Name in the inventory. */
  readonly host: string;
  readonly traffic: ConnectionTraffic;
  /**
   * Runs a POSIX shell script to its end. Scripts of one connection run one at a time: a second
   * call waits for the first. Each starts in `/` with `LC_ALL=C.UTF-8` and umask 022, and leaves
   * nothing to the next. It has ended when its shell has, whatever it has left in the background:
   * that gets a SIGTERM when the connection ends. What was started with `setsid` outlives it.
   *
   * After `timeoutMs` or `signal` the connection can be used again, unless the host does not say
   * within `endGraceMs` that the script has ended; then the connection is closed.
   *
   * @throws {UnreachableError} when the connection is lost before the script has ended.
   * @throws {HostLockedError} when another has the lock.
   * @throws {ScriptTimeoutError} when `timeoutMs` is over.
   */
  run(script: string, options: RunOptions): Promise<CommandResult>;
}
