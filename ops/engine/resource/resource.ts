import type { Secret } from "../secret.ts";

/** What every resource says about itself. */
interface ResourceBase {
  /** Unique within a play: `file:/etc/ztna/relay.json`. */
  readonly id: string;
  /** For `--tags` and `--skip-tags`; `always` is selected by any `--tags`. */
  readonly tags?: readonly string[];
  /** IDs of handlers that run once, at the end, when this has changed. */
  readonly notify?: readonly string[];
}

/**
 * A regular file with its whole contents. A link or a special file in its place is replaced, never
 * followed; a directory is left alone, and a conflict.
 */
export interface FileResource extends ResourceBase {
  readonly kind: "file";
  readonly path: string;
  /** A {@linkcode Secret} is never shown, not in `--diff` either. */
  readonly contents: string | Uint8Array | Secret;
  /** Permission bits, such as `0o644`. */
  readonly mode: number;
  /** User and group names. */
  readonly owner: string;
  readonly group: string;
  /** Shell command that accepts (exit code 0) or refuses the new file: `$1` is its path. */
  readonly validate?: string;
}

/** Something that must not be there: a file, a link, or an empty directory. */
export interface AbsentResource extends ResourceBase {
  readonly kind: "absent";
  readonly path: string;
}

/** A directory; its parent must exist or be a resource in front of it. */
export interface DirectoryResource extends ResourceBase {
  readonly kind: "directory";
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** A symbolic link, replaced atomically. A directory in its place is a conflict. */
export interface LinkResource extends ResourceBase {
  readonly kind: "link";
  readonly path: string;
  readonly target: string;
}

/** A system user with a group of the same name, no login and no home of its own. */
export interface UserResource extends ResourceBase {
  readonly kind: "user";
  readonly name: string;
  /** What a new account says its home is; it is not made. An account that is there keeps its own. */
  readonly home: string;
}

/** A Debian package that must be installed, in whatever version the host's sources have. */
export interface PackageResource extends ResourceBase {
  readonly kind: "package";
  readonly name: string;
}

/** A kernel setting, now and after the next boot (`/etc/sysctl.d/`). */
export interface SysctlResource extends ResourceBase {
  readonly kind: "sysctl";
  readonly name: string;
  readonly value: number;
  /** The value is a minimum: a higher one stays. */
  readonly atLeast?: boolean;
  /**
   * A kernel that does not offer the setting (a container's: it belongs to the machine below) is
   * worth a warning, no conflict.
   */
  readonly optional?: boolean;
}

/**
 * A systemd service, socket or timer: whether it is enabled and whether it runs. One that runs
 * already is not restarted: a file of its unit notifies handlers that reload systemd and restart it.
 */
export interface ServiceResource extends ResourceBase {
  readonly kind: "service";
  /** Unit name with its suffix: `ztna-relay@a.service`. */
  readonly unit: string;
  readonly enabled: boolean;
  readonly active: boolean;
}

/** An nftables rule in a table of our own that lets packets in. */
export interface FirewallResource extends ResourceBase {
  readonly kind: "firewall";
  readonly transport: "udp" | "tcp";
  readonly port: number;
  /** Addresses and networks (`10.0.0.0/8`) that packets may come from; all when there are none. */
  readonly sources?: readonly string[];
}

/**
 * A command, for what no other kind covers. Its texts are run by `sh` as they are; nothing of them
 * is quoted, and both are shown with `-v`: no secrets.
 */
export interface CommandResource extends ResourceBase {
  readonly kind: "command";
  /** What it does, for people, in the imperative. */
  readonly summary: string;
  /**
   * Shell condition: exits with 0 when there is nothing to do. It changes nothing, is asked while
   * facts are gathered, before any change is made, and must hold once `script` has run.
   */
  readonly unless: string;
  /**
   * Shell script that does it, run with `set -e` and empty standard input. What it starts in the
   * background must not keep its output open.
   */
  readonly script: string;
}

/** One thing that must be as described. */
export type Resource =
  | FileResource
  | AbsentResource
  | DirectoryResource
  | LinkResource
  | UserResource
  | PackageResource
  | SysctlResource
  | ServiceResource
  | FirewallResource
  | CommandResource;

/** Something that is done once, after the resources, when one of them that names it has changed. */
export interface Handler {
  readonly id: string;
  /** For people, in the imperative: "reload systemd". */
  readonly summary: string;
  /**
   * Shell script that does it, run with `set -e` and empty standard input. It may run once more
   * than needed, after a run that was cut off.
   */
  readonly script: string;
}

/** Resources in the order in which they are applied, and the handlers in theirs. */
export interface Play {
  readonly resources: readonly Resource[];
  readonly handlers: readonly Handler[];
}
