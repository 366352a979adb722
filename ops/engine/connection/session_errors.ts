import { quote } from "../../../tunnel/printable.ts";
import { HostError, HostLockedError, UnreachableError } from "../errors.ts";
import type { CommandResult, RunOptions } from "./connection.ts";
import { parseLockOwner } from "./host_lock.ts";
import { lastLine } from "./ssh_failure.ts";

/** Longest word of the host's that is shown, in UTF-16 units. */
const maxShownLength = 300;

/** What ssh says when it loses a connection, unless a master of its carries that. */
const sshFarewell =
  /^(?:Timeout, server|Connection (?:to|reset|closed)|client_loop:|Read from remote|packet_write)/;

/**
 * The connection is no more.
 *
 * @param what What was to be done.
 * @param stderr The last that came on standard error, where ssh says why.
 */
export function lostError(host: string, what: string, stderr: string): UnreachableError {
  const farewell = stderr.split(/\r?\n/).findLast((line) => sshFarewell.test(line));
  const why = farewell === undefined ? "" : ` (${quote(farewell.trim(), maxShownLength)})`;
  return new UnreachableError(
    host,
    "network",
    `Cannot go on with ${quote(what)} as ${quote(host)} must stay connected: the connection is ` +
      `lost${why}; run the command again when the host can be reached`,
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
    const said = quote(lastLine(stderr), maxShownLength);
    return new HostError(host, `Cannot lock ${quote(host)} as ${rule}: ${said}`);
  }
  return new UnreachableError(
    host,
    "shell",
    `Cannot run ${quote(what)} as ${quote(host)} must say how it ends: current word is ` +
      `${quote(word)}; check the host's shell`,
  );
}
