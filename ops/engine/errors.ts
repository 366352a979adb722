import { ZtnaError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import type { HostLockOwner } from "./connection/host_lock.ts";

/** Why a host can't be reached; callers decide by this, never by texts. */
export type UnreachableReason =
  /** No route, refused, timed out, or lost on the way: worth another attempt. */
  | "network"
  /** The name has no address. */
  | "name"
  | "host_key_unknown"
  | "host_key_changed"
  /** The host does not accept any of our keys. */
  | "authentication"
  /** `sudo` wants a password, or refuses. */
  | "become"
  /** The far side is no POSIX shell, or speaks nonsense. */
  | "shell"
  /** `ssh` can't use its settings, or has no algorithm in common with the host. */
  | "ssh";

/** A host that can't be reached, or was lost. The message says what to do. */
export class UnreachableError extends ZtnaError {
  override readonly code = "UNREACHABLE";
  override readonly exitCode = 4;
  readonly host: string;
  readonly reason: UnreachableReason;

  constructor(host: string, reason: UnreachableReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.host = host;
    this.reason = reason;
  }
}

/** A remote script took longer than it may. */
export class ScriptTimeoutError extends ZtnaError {
  override readonly code = "SCRIPT_TIMEOUT";
}

/** Something went wrong on a host that could be reached. The next run takes it from there. */
export class HostError extends ZtnaError {
  override readonly code = "HOST";
  readonly host: string;

  constructor(host: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.host = host;
  }
}

/** Another operator has the lock of a host. Nothing was changed there. */
export class HostLockedError extends ZtnaError {
  override readonly code = "LOCKED";
  readonly host: string;
  /** Who, where the lock's file could be read. */
  readonly owner: HostLockOwner | undefined;

  constructor(host: string, path: string, owner: HostLockOwner | undefined) {
    const who = owner === undefined
      ? `somebody has the lock ${quote(path)}`
      : `${quote(owner.owner)} has its lock for ${quote(owner.command)} since ${
        quote(owner.since)
      }`;
    super(
      `Cannot change ${
        quote(host)
      } as only one may at a time: ${who}; wait until that is done, or ` +
        `end it with "--force-unlock"`,
    );
    this.host = host;
    this.owner = owner;
  }
}
