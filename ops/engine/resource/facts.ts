/** What is at a path; links are looked at, not followed. */
export interface PathFact {
  readonly type: "file" | "directory" | "link" | "other";
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  /** Names; `UNKNOWN` where the number has none. */
  readonly owner: string;
  readonly group: string;
  readonly bytes: number;
  /** Digest of a file, in hexadecimal; `undefined` when its size is not the wanted one anyway. */
  readonly sha256?: string;
  /** Where a link points. */
  readonly target?: string;
  /** What a file holds, when a diff was asked for; at most `maxDiffBytes` and one more. */
  readonly contents?: Uint8Array;
}

/** An account as `/etc/passwd` has it. */
export interface UserFact {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** A kernel setting. */
export interface SysctlFact {
  /** Whether the kernel offers it here, and lets us set it. */
  readonly access: "settable" | "read_only" | "missing";
  /** What the kernel has; `undefined` when it is no single number. */
  readonly value: number | undefined;
  /** What our file for the next boot has. */
  readonly persisted: number | undefined;
}

/** A systemd unit, in systemd's own words (`systemctl show`). */
export interface UnitFact {
  readonly loadState: string;
  readonly activeState: string;
  /** Empty for a unit without a file. */
  readonly fileState: string;
  /** Its file has changed since systemd read it. */
  readonly needsReload: boolean;
}

/** A chain that every incoming packet has to pass, and that drops some. */
export interface FilterChainFact {
  /** Family, table and chain: `inet filter input`. */
  readonly name: string;
  /** Whether it has our rule. */
  readonly open: boolean;
}

/** What stands between the network and a port. */
export interface FirewallFact {
  /** Who manages the rules; `unknown` when the program that could tell is missing. */
  readonly manager: "nftables" | "ufw" | "firewalld" | "unknown";
  /** Whether `ufw` or `firewalld` has a rule for the port. */
  readonly allowed: boolean;
  /** For `nftables`. */
  readonly chains: readonly FilterChainFact[];
}

/** What an extra script has come to. */
export interface ExtraFact {
  readonly code: number;
  readonly stdout: string;
}

/** Everything that a play's resources need to know of a host, and the extra facts. */
export interface Facts {
  /** By path; no entry where nothing is. */
  readonly paths: ReadonlyMap<string, PathFact>;
  /** Parents of paths that are directories, or lead to one. */
  readonly parents: ReadonlySet<string>;
  /** By name; no entry where there is none. So are the next two. */
  readonly users: ReadonlyMap<string, UserFact>;
  /** Numbers of groups. */
  readonly groups: ReadonlyMap<string, number>;
  /** State in dpkg's words: `installed`. */
  readonly packages: ReadonlyMap<string, string>;
  /** By name; an entry for every setting of the play. So are the following, by unit and ID. */
  readonly sysctls: ReadonlyMap<string, SysctlFact>;
  readonly units: ReadonlyMap<string, UnitFact>;
  readonly firewalls: ReadonlyMap<string, FirewallFact>;
  /** Whether a command's `unless` holds, by resource. */
  readonly conditions: ReadonlyMap<string, boolean>;
  /** Handlers that an earlier run made due and did not get to. */
  readonly pendingHandlers: ReadonlySet<string>;
  /** By the ID that they were asked with. */
  readonly extras: ReadonlyMap<string, ExtraFact>;
}
