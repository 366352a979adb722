import { quote } from "../../../tunnel/printable.ts";
import { HostError, HostLockedError, UnreachableError } from "../errors.ts";
import type { CommandResult, RunOptions } from "./connection.ts";
import { parseLockOwner } from "./host_lock.ts";
import { lastLine } from "./ssh_failure.ts";

/** Longest word of the host's that is shown, in UTF-16 units. */
const maxShownLength = 300;

/**
 * The connection is no more.
 *
 * @param what What was to be done.
 * @param stderr The last that came on standard error, where ssh says why.
 */
export function lostError(host: string, what: string, stderr: string): UnreachableError {
  return new UnreachableError(
    host,
    "network",
    `Cannot go on with ${quote(what)} as ${quote(host)} must stay connected: the connection is ` +
      `lost (${shown(stderr)}); run the command again when the host can be reached`,
  );
}

/**
 * Why a script has not run.
 *
 * @param word What the session says instead of an exit code.
 * @param result What has come on the streams meanwhile.
 */
export function refusalError(
  host: string,
  word: string,
  { lock, what }: RunOptions,
  { stdout, stderr }: CommandResult,
): HostError | HostLockedError | UnreachableError {
  if (lock !== undefined && word === "locked") {
    return new HostLockedError(host, lock.path, parseLockOwner(stdout));
  }
  if (lock !== undefined && word === "unlockable") {
    const rule = `${quote(lock.path)} must be writable and "flock" installed`;
    return new HostError(host, `Cannot lock ${quote(host)} as ${rule}: ${shown(stderr)}`);
  }
  return new UnreachableError(
    host,
    "shell",
    `Cannot run ${quote(what)} as ${quote(host)} must say how it ends: current word is ` +
      `${quote(word)}; check the host's shell`,
  );
}

function shown(stderr: string): string {
  return quote(lastLine(stderr), maxShownLength);
}
