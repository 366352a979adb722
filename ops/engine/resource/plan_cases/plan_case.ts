import { createHash } from "node:crypto";
import type { FirewallFact, PathFact, SysctlFact, UnitFact, UserFact } from "../facts.ts";
import type {
  AbsentResource,
  DirectoryResource,
  FileResource,
  Handler,
  LinkResource,
  PackageResource,
  Resource,
  ServiceResource,
  UserResource,
} from "../resource.ts";

/** What a host has, by the names of `Facts`; what is left out, it has not. */
export interface CaseFacts {
  readonly paths?: Readonly<Record<string, PathFact>>;
  readonly parents?: readonly string[];
  readonly users?: Readonly<Record<string, UserFact>>;
  readonly groups?: Readonly<Record<string, number>>;
  readonly packages?: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, SysctlFact>>;
  readonly units?: Readonly<Record<string, UnitFact>>;
  readonly firewalls?: Readonly<Record<string, FirewallFact>>;
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly pendingHandlers?: readonly string[];
}

/** Facts in, plan out. */
export interface PlanCase {
  /** Ends the sentence "the plan ...". */
  readonly title: string;
  readonly resources: readonly Resource[];
  readonly handlers?: readonly Handler[];
  readonly facts?: CaseFacts;
  /** The changes as people read them; none by default. */
  readonly changes?: readonly string[];
  /** IDs of the handlers that run. */
  readonly due?: readonly string[];
  /** Parts of the texts that the operator gets. */
  readonly warnings?: readonly string[];
  readonly conflicts?: readonly string[];
}

/** Parents of files in `/etc`. */
export const etc = ["/etc"];

/** A host that has the user `ztna`. */
export const ztna: CaseFacts = {
  users: { ztna: { uid: 998, gid: 997, home: "/var/lib/ztna", shell: "/usr/sbin/nologin" } },
  groups: { ztna: 997 },
};

/** What {@linkcode file} must hold. */
export const text = "hello\n";

/** A file that must be there. */
export const file: FileResource = {
  kind: "file",
  id: "file",
  path: "/etc/a.json",
  contents: text,
  mode: 0o640,
  owner: "root",
  group: "ztna",
};

/** It is as it must be. */
export const fileFact: PathFact = {
  type: "file",
  mode: 0o640,
  owner: "root",
  group: "ztna",
  bytes: text.length,
  sha256: digest(text),
};

/** A link in the place of something else. */
export const linkFact: PathFact = {
  type: "link",
  mode: 0o777,
  owner: "root",
  group: "root",
  bytes: 4,
  target: "/etc/shadow",
};

/** A directory that must be there. */
export const directory: DirectoryResource = {
  kind: "directory",
  id: "directory",
  path: "/etc/ztna",
  mode: 0o750,
  owner: "root",
  group: "ztna",
};

/** It is as it must be. */
export const directoryFact: PathFact = {
  type: "directory",
  mode: 0o750,
  owner: "root",
  group: "ztna",
  bytes: 4096,
};

/** A link that must be there. */
export const link: LinkResource = {
  kind: "link",
  id: "link",
  path: "/opt/current",
  target: "releases/2",
};

/** Something that must not be there. */
export const absent: AbsentResource = { kind: "absent", id: "absent", path: "/etc/old" };

/** A user that must be there. */
export const user: UserResource = { kind: "user", id: "user", name: "ztna", home: "/var/lib/ztna" };

/** A package that must be there. */
export const nft: PackageResource = { kind: "package", id: "package", name: "nftables" };

/** A service that must run. */
export const service: ServiceResource = {
  kind: "service",
  id: "service",
  unit: "ztna-relay@a.service",
  enabled: true,
  active: true,
};

/** A service that is enabled and runs. */
export const running: UnitFact = {
  loadState: "loaded",
  activeState: "active",
  fileState: "enabled",
  needsReload: false,
};

/** What `PathFact` has of contents. */
export function digest(contents: string): string {
  return createHash("sha256").update(contents).digest("hex");
}
