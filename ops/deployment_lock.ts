import { ZtnaError } from "../tunnel/errors.ts";
import { identifyProcess, isProcessIdentity, type ProcessIdentity } from "./process_identity.ts";

/** Who holds a lock. */
export interface LockOwner extends ProcessIdentity {
  /** What it is doing, such as `deploy`. */
  readonly command: string;
  /** Since when, ISO 8601. */
  readonly since: string;
}

/** Another process is changing the deployment. */
export class LockedError extends ZtnaError {
  override readonly code = "LOCKED";
  /** Who, where its file could be read. */
  readonly owner: LockOwner | undefined;

  constructor(command: string, file: string, owner: LockOwner | undefined) {
    const who = owner === undefined
      ? `its lock is "${file}"`
      : `"${owner.command}" runs as process ${owner.pid} since ${owner.since}`;
    super(
      `Cannot ${command} as only one command may change the deployment at a time: ${who}; ` +
        `wait until it has ended`,
    );
    this.owner = owner;
  }
}

/**
 * The lock of a deployment. The kernel holds it for the process (`flock`), so that of a process that
 * has died is free by itself; the file's contents say who, for those who wait.
 */
export class DeploymentLock implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  #held = true;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Takes the lock, over from an owner that has died if need be.
   *
   * @param path The lock file; its directory must exist.
   * @param command What the owner will be doing, for others to read.
   * @throws {LockedError} at once, when a living process holds it.
   */
  static take(path: string, command: string): DeploymentLock {
    for (;;) {
      const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
      if (!file.tryLockSync(true)) {
        file.close();
        throw new LockedError(command, path, readOwner(path));
      }
      // The owner before may have removed the file between our opening and our locking it; then
      // this is the lock of a file that nobody else will ever open.
      if (!isSameFile(file, path)) {
        file.close();
        continue;
      }
      const owner: LockOwner = {
        pid: Deno.pid,
        startedAt: identifyProcess(Deno.pid)?.startedAt ?? "unknown",
        command,
        since: new Date().toISOString(),
      };
      file.truncateSync();
      file.writeSync(new TextEncoder().encode(`${JSON.stringify(owner)}\n`));
      return new DeploymentLock(file, path);
    }
  }

  /** Gives the lock back and removes its file. */
  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    try {
      // While the lock is held: whoever opens the name afterwards makes a new file.
      if (isSameFile(this.#file, this.#path)) Deno.removeSync(this.#path);
    } finally {
      this.#file.close();
    }
  }
}

/** Who holds the lock at `path`, as far as its file says. */
export function readOwner(path: string): LockOwner | undefined {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    if (!isProcessIdentity(value)) return undefined;
    const { command, since } = value as Partial<LockOwner>;
    if (typeof command !== "string" || typeof since !== "string") return undefined;
    return { pid: value.pid, startedAt: value.startedAt, command, since };
  } catch {
    return undefined;
  }
}

function isSameFile(file: Deno.FsFile, path: string): boolean {
  try {
    const [ours, theirs] = [file.statSync(), Deno.statSync(path)];
    return ours.ino === theirs.ino && ours.dev === theirs.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
