import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** A program to start on its own. */
export interface SpawnOptions {
  /** Absolute path of the executable. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Takes standard output and standard error, appended; made with mode 0600. */
  readonly logFile: string;
  /** In a session of its own, so that neither the terminal's end nor its Ctrl-C reaches it. */
  readonly ownSession: boolean;
}

/** A process that was started. */
export interface SpawnedProcess {
  readonly pid: number;
  /** Resolves when it has ended, or could not be run at all (code 127). Never rejects. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Lets this process end before that one. */
  unref(): void;
}

/**
 * Starts a program that has neither a terminal nor a pipe to this process.
 *
 * @throws {Error} when the log file or the program cannot be opened.
 */
export function spawnDetached(options: SpawnOptions): SpawnedProcess {
  // node:child_process and not Deno.Command: that one takes no file descriptors for the output.
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(options.command, [...options.args], {
      cwd: options.directory,
      env: { ...options.environment },
      detached: options.ownSession,
      stdio: ["ignore", log, log],
    });
    const { promise: exited, resolve } = Promise.withResolvers<
      { code: number | null; signal: string | null }
    >();
    child.on("exit", (code, signal) => resolve({ code, signal }));
    child.on("error", () => resolve({ code: 127, signal: null }));
    if (child.pid === undefined) {
      throw new Error(`Cannot start "${options.command}": there is no such program`);
    }
    return { pid: child.pid, exited, unref: () => child.unref() };
  } finally {
    closeSync(log);
  }
}

/** What programs need of a user's environment: where things are, how Deno and npm are set up. */
const passedOn = /^(HOME|PATH|USER|LOGNAME|LANG|LC_.+|TZ|TMPDIR|XDG_.+|DENO_.+|NPM_CONFIG_.+)$/i;

/**
 * The part of an environment that long-running programs get. The rest of a shell's environment (with
 * the tokens that people keep there) is none of their business.
 */
export function programEnvironment(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = Object.entries(environment).filter(([name]) =>
    passedOn.test(name) && !/token|secret|password|_auth/i.test(name)
  );
  return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}
