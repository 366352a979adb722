import { shellCommand } from "./quote.ts";

/** A lock on a host that a script wants to have. */
export interface HostLock {
  /** The lock's file on the host; its directory must exist and be writable by nobody else. */
  readonly path: string;
  /** What the lock is for: `deploy`. */
  readonly command: string;
  /** Who takes it: `alice@laptop`. */
  readonly owner: string;
  /** How long to wait for another's to be released, in s; 0 does not wait. */
  readonly waitSeconds: number;
  /** Ends the session of whoever has it, and with that what they do on the host. */
  readonly force: boolean;
}

/** Who has a lock. */
export interface HostLockOwner {
  readonly owner: string;
  readonly command: string;
  /** Since when, ISO 8601 by the owner's clock. */
  readonly since: string;
  /** The process of the owner's session on the host. */
  readonly pid: number;
}

/** The call that takes `lock` on behalf of script `id`. */
export function lockCall(id: number, lock: HostLock, since: string): string {
  const { path, command, owner, force } = lock;
  const json = JSON.stringify({ owner, command, since }).slice(1);
  return shellCommand(["ztna_lock", String(id), path, json, force ? "force" : ""]);
}

/** What a lock's file says of its owner, which is a stranger's word. */
export function parseLockOwner(text: string): HostLockOwner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { owner, command, since, pid } = value as Partial<Record<keyof HostLockOwner, unknown>>;
  if (typeof owner !== "string" || typeof command !== "string") return undefined;
  if (typeof since !== "string" || typeof pid !== "number") return undefined;
  return { owner, command, since, pid };
}
