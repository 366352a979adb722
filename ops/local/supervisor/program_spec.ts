/** One program that the supervisor is to keep running. */
export interface ProgramSpec {
  /** Names its log file, `NAME.log`. */
  readonly name: string;
  /** Absolute path of the executable. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the supervisor's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Changes whenever the program must be restarted. */
  readonly fingerprint: string;
}

/** The file that deploy writes for the supervisor. */
export interface SupervisorFile {
  readonly schema: 1;
  readonly programs: readonly ProgramSpec[];
}

/** How a program ended. */
export interface ProgramExit {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** What the supervisor tells of one program. */
export interface ProgramState {
  /** `waiting` is between a crash and the next attempt, `stopping` has been told to end. */
  readonly state: "running" | "stopping" | "waiting";
  /** The process, while there is one. */
  readonly pid?: number;
  readonly startedAt?: string;
  /** In this state since, ISO 8601. */
  readonly since: string;
  /** Of the specification that it was started with. */
  readonly fingerprint: string;
  /** Starts after the first one of this specification. */
  readonly restarts: number;
  readonly lastExit?: ProgramExit;
}

/** The file that the supervisor keeps up to date for everybody else. */
export interface RunFile {
  readonly schema: 1;
  readonly pid: number;
  readonly startedAt: string;
  readonly since: string;
  /** Of the supervisor's own program. */
  readonly fingerprint: string;
  readonly programs: Readonly<Record<string, ProgramState>>;
}

/**
 * Reads a {@linkcode SupervisorFile}. Deploy writes it whole; anything else in its place is refused.
 *
 * @throws {TypeError} when it is not one.
 */
export function parseSupervisorFile(text: string): SupervisorFile {
  const file: unknown = JSON.parse(text);
  if (!isRecord(file) || file["schema"] !== 1 || !Array.isArray(file["programs"])) {
    throw new TypeError(`Cannot read the list of programs as its schema must be 1`);
  }
  for (const program of file["programs"] as unknown[]) {
    const valid = isRecord(program) && isFileName(program["name"]) &&
      typeof program["command"] === "string" && program["command"].startsWith("/") &&
      Array.isArray(program["args"]) && program["args"].every((arg) => typeof arg === "string") &&
      isRecord(program["environment"]) &&
      Object.values(program["environment"]).every((value) => typeof value === "string") &&
      typeof program["fingerprint"] === "string";
    if (!valid) throw new TypeError(`Cannot read the list of programs as one of them is damaged`);
  }
  return file as unknown as SupervisorFile;
}

/** Reads a {@linkcode RunFile}; `undefined` when it is not one. */
export function parseRunFile(text: string): RunFile | undefined {
  try {
    const file: unknown = JSON.parse(text);
    if (!isRecord(file) || file["schema"] !== 1 || !isRecord(file["programs"])) return undefined;
    const programs = Object.values(file["programs"]);
    if (!programs.every((program) => isRecord(program) && typeof program["state"] === "string")) {
      return undefined;
    }
    return file as unknown as RunFile;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFileName(value: unknown): boolean {
  return typeof value === "string" && /^[a-z][a-z0-9-]{0,31}$/.test(value);
}
