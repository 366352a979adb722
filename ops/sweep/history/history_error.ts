import { ZtnaError } from "../../../tunnel/errors.ts";

/**
 * What keeps a history from being used: `corrupt` when the file is damaged and may be replaced,
 * `foreign` when it is not ours to touch, `unavailable` for what the file system or another process
 * does.
 */
export type HistoryFault = "corrupt" | "foreign" | "unavailable";

/** The history of sweeps can't be read or written. A sweep works without. */
export class HistoryError extends ZtnaError {
  override readonly code = "HISTORY";
  readonly fault: HistoryFault;

  /** @param options `cause` keeps what SQLite or the file system said. */
  constructor(fault: HistoryFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that call for different advice. */
const resultCodes = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const adviceIfDamaged = "a sweep moves it aside and begins a new one";
const advice: Readonly<Record<number, string>> = {
  [resultCodes.busy]: "another process holds it for too long; look for a sweep that hangs",
  [resultCodes.readOnly]: "make the file and its directory writable",
  [resultCodes.ioError]: "look for room on that disk, and for errors of it in the kernel's log",
  [resultCodes.corrupt]: adviceIfDamaged,
  [resultCodes.notADatabase]: adviceIfDamaged,
  [resultCodes.full]: "make room on that disk",
  [resultCodes.cannotOpen]: "make the directory writable",
};

/**
 * What SQLite or the file system has thrown, as an error of ours.
 *
 * @throws `error` itself when it is neither's: that is a defect.
 */
export function historyErrorOf(path: string, error: unknown): HistoryError {
  if (error instanceof HistoryError) return error;
  if (!isSqliteError(error) && !isSystemError(error)) throw error;
  // Deno leaves the code out where a file can't be opened at all.
  const code = isSqliteError(error) && error.errcode !== undefined
    ? error.errcode & 0xff
    : resultCodes.cannotOpen;
  const isCorrupt = code === resultCodes.corrupt || code === resultCodes.notADatabase;
  return new HistoryError(
    isCorrupt ? "corrupt" : "unavailable",
    `Cannot use the history of sweeps as its file must be readable and writable: current value ` +
      `is ${JSON.stringify(path)} (${error.message})` +
      (advice[code] === undefined ? "" : `, ${advice[code]}`),
    { cause: error },
  );
}

/** Whether SQLite says that another process has the file. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && ((error.errcode ?? 0) & 0xff) === resultCodes.busy;
}

/** What `node:sqlite` throws. */
interface SqliteError extends Error {
  /** The result code, perhaps an extended one. */
  readonly errcode?: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

/** Whether an error is one of the file system's: Deno's have a class each, or a code. */
function isSystemError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);
}
