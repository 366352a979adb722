import { createHash } from "node:crypto";
import { Secret } from "../secret.ts";
import type { FirewallFact, PathFact, SysctlFact, UnitFact, UserFact } from "./facts.ts";
import { firewallFiles } from "./firewall_files.ts";
import type { Handler, Resource } from "./resource.ts";

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

const etc = ["/etc"];
const ztna: CaseFacts = {
  users: { ztna: { uid: 998, gid: 997, home: "/var/lib/ztna", shell: "/usr/sbin/nologin" } },
  groups: { ztna: 997 },
};
const text = "hello\n";
const file: Resource = {
  kind: "file",
  id: "file",
  path: "/etc/a.json",
  contents: text,
  mode: 0o640,
  owner: "root",
  group: "ztna",
};
const fileFact: PathFact = {
  type: "file",
  mode: 0o640,
  owner: "root",
  group: "ztna",
  bytes: text.length,
  sha256: digest(text),
};
const linkFact: PathFact = {
  type: "link",
  mode: 0o777,
  owner: "root",
  group: "root",
  bytes: 4,
  target: "/etc/shadow",
};
const directory: Resource = {
  kind: "directory",
  id: "directory",
  path: "/etc/ztna",
  mode: 0o750,
  owner: "root",
  group: "ztna",
};
const directoryFact: PathFact = {
  type: "directory",
  mode: 0o750,
  owner: "root",
  group: "ztna",
  bytes: 4096,
};
const otherFact: PathFact = { ...fileFact, type: "other" };
const link: Resource = { kind: "link", id: "link", path: "/opt/current", target: "releases/2" };
const absent: Resource = { kind: "absent", id: "absent", path: "/etc/old" };
const user: Resource = { kind: "user", id: "user", name: "ztna", home: "/var/lib/ztna" };
const systemUser: UserFact = ztna.users!["ztna"]!;
const nft: Resource = { kind: "package", id: "package", name: "nftables" };
const sysctl: Resource = {
  kind: "sysctl",
  id: "sysctl",
  name: "net.core.rmem_max",
  value: 4096,
};
const settable = (value?: number, persisted?: number): CaseFacts => ({
  sysctls: { "net.core.rmem_max": { access: "settable", value, persisted } },
});
const service: Resource = {
  kind: "service",
  id: "service",
  unit: "ztna-relay@a.service",
  enabled: true,
  active: true,
};
const stopped: Resource = { ...service, enabled: false, active: false };
const running: UnitFact = {
  loadState: "loaded",
  activeState: "active",
  fileState: "enabled",
  needsReload: false,
};
const unit = (change: Partial<UnitFact>): CaseFacts => ({
  units: { "ztna-relay@a.service": { ...running, ...change } },
});
const unitFile: Resource = {
  ...file,
  id: "unit file",
  path: "/etc/systemd/system/ztna-relay@.service",
  group: "root",
  mode: 0o644,
};
const command: Resource = {
  kind: "command",
  id: "command",
  summary: "make the key",
  unless: "[ -e /etc/key ]",
  script: "make-key",
};
const firewall: Resource = { kind: "firewall", id: "firewall", transport: "udp", port: 4433 };
const filtered = (open: boolean): CaseFacts => ({
  firewalls: {
    firewall: {
      manager: "nftables",
      allowed: false,
      chains: [{ name: "inet filter input", open }],
    },
  },
});
const firewallDone: CaseFacts = {
  ...filtered(true),
  paths: Object.fromEntries(
    firewallFiles(firewall).map(({ path, contents, mode }) => [path, {
      type: "file",
      mode,
      owner: "root",
      group: "root",
      bytes: contents.length,
      sha256: digest(contents),
    }]),
  ),
  units: { "ztna-firewall-udp-4433.service": running },
};
const handlers: readonly Handler[] = [
  { id: "reload", summary: "reload systemd", script: "systemctl daemon-reload" },
  { id: "restart", summary: "restart the relay", script: "systemctl restart ztna-relay@a" },
];

function digest(contents: string): string {
  return createHash("sha256").update(contents).digest("hex");
}

/** Kinds of resources, each as found in every state that matters. */
export const planCases: readonly PlanCase[] = [
  // Files
  {
    title: "leaves a file alone that is as it must be",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": fileFact } },
  },
  {
    title: "creates a file",
    resources: [file],
    facts: { ...ztna, parents: etc },
    changes: ["create /etc/a.json (mode 0640, root:ztna)"],
  },
  {
    title: "rewrites a file with other contents of the same size",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": { ...fileFact, sha256: digest("HELLO\n") } } },
    changes: ["update /etc/a.json: contents"],
  },
  {
    title: "rewrites a file of another size, whose digest nobody took",
    resources: [file],
    facts: {
      ...ztna,
      paths: {
        "/etc/a.json": { type: "file", mode: 0o640, owner: "root", group: "ztna", bytes: 9 },
      },
    },
    changes: ["update /etc/a.json: contents"],
  },
  {
    title: "corrects a mode",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": { ...fileFact, mode: 0o644 } } },
    changes: ["update /etc/a.json: mode 0644 -> 0640"],
  },
  {
    title: "takes a setuid bit away",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": { ...fileFact, mode: 0o4640 } } },
    changes: ["update /etc/a.json: mode 4640 -> 0640"],
  },
  {
    title: "corrects owner and group",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": { ...fileFact, owner: "bob", group: "UNKNOWN" } } },
    changes: ["update /etc/a.json: owner bob -> root, group UNKNOWN -> ztna"],
  },
  {
    title: "names an owner with escapes harmlessly",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": { ...fileFact, owner: "\u001b[2J" } } },
    changes: [String.raw`update /etc/a.json: owner "\u001b[2J" -> root`],
  },
  {
    title: "replaces a link where a file must be",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": linkFact } },
    changes: ["replace the link /etc/a.json (mode 0640, root:ztna)"],
  },
  {
    title: "replaces a special file where a file must be",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": otherFact } },
    changes: ["replace the special file /etc/a.json (mode 0640, root:ztna)"],
  },
  {
    title: "never replaces a directory by a file",
    resources: [file],
    facts: { ...ztna, paths: { "/etc/a.json": directoryFact } },
    conflicts: ["a directory is there"],
  },
  {
    title: "refuses a file in a directory that does not exist",
    resources: [file],
    facts: ztna,
    conflicts: ["there is no /etc. Declare it as a directory in front"],
  },
  {
    title: "refuses an owner that does not exist",
    resources: [{ ...file, owner: "nemo" } as Resource],
    facts: { ...ztna, parents: etc },
    conflicts: [`there is no user "nemo". Declare the user in front`],
  },
  {
    title: "refuses a group that does not exist",
    resources: [file],
    facts: { parents: etc },
    conflicts: [`there is no group "ztna"`],
  },
  {
    title: "lists all conflicts",
    resources: [file, { ...file, id: "b", path: "/etc/b", owner: "nemo" } as Resource],
    facts: { parents: etc },
    conflicts: [`no group "ztna"`, `no user "nemo" and no group "ztna"`],
  },
  {
    title: "accepts an owner whom a change in front makes",
    resources: [user, file],
    facts: { parents: etc },
    changes: [
      "create the system user ztna (home /var/lib/ztna, no login)",
      "create /etc/a.json (mode 0640, root:ztna)",
    ],
  },
  {
    title: "accepts a directory that a change in front makes",
    resources: [directory, { ...file, path: "/etc/ztna/a" } as Resource],
    facts: { ...ztna, parents: etc },
    changes: [
      "create the directory /etc/ztna (mode 0750, root:ztna)",
      "create /etc/ztna/a (mode 0640, root:ztna)",
    ],
  },
  {
    title: "does not accept a directory that is made later",
    resources: [{ ...file, path: "/etc/ztna/a" } as Resource, directory],
    facts: { ...ztna, parents: etc },
    changes: ["create the directory /etc/ztna (mode 0750, root:ztna)"],
    conflicts: ["there is no /etc/ztna"],
  },
  {
    title: "leaves it to a package in front to bring a directory and a group",
    resources: [nft, { ...file, path: "/etc/nftables.d/a" } as Resource],
    changes: [
      "install the package nftables",
      "create /etc/nftables.d/a (mode 0640, root:ztna)",
    ],
  },
  {
    title: "knows root without asking",
    resources: [{ ...file, group: "root" } as Resource],
    facts: { parents: etc },
    changes: ["create /etc/a.json (mode 0640, root:root)"],
  },
  {
    title: "names hostile paths harmlessly",
    resources: [{ ...file, path: "/etc/a b\n$(c)'\u202e" } as Resource],
    facts: { ...ztna, parents: etc },
    changes: [String.raw`create "/etc/a b\n$(c)'\u202e" (mode 0640, root:ztna)`],
  },
  {
    title: "never shows a secret",
    resources: [{ ...file, contents: new Secret("hunter2") } as Resource],
    facts: { ...ztna, paths: { "/etc/a.json": fileFact } },
    changes: ["update /etc/a.json: contents"],
  },
  {
    title: "takes bytes as they are",
    resources: [{ ...file, contents: new TextEncoder().encode(text) } as Resource],
    facts: { ...ztna, paths: { "/etc/a.json": fileFact } },
  },
  // Directories
  {
    title: "leaves a directory alone that is as it must be",
    resources: [directory],
    facts: { ...ztna, paths: { "/etc/ztna": directoryFact } },
  },
  {
    title: "creates a directory",
    resources: [directory],
    facts: { ...ztna, parents: etc },
    changes: ["create the directory /etc/ztna (mode 0750, root:ztna)"],
  },
  {
    title: "corrects a directory's mode, owner and group",
    resources: [directory],
    facts: {
      ...ztna,
      paths: { "/etc/ztna": { ...directoryFact, mode: 0o2755, owner: "bob", group: "bob" } },
    },
    changes: [
      "update the directory /etc/ztna: mode 2755 -> 0750, owner bob -> root, group bob -> ztna",
    ],
  },
  {
    title: "never replaces a file by a directory",
    resources: [directory],
    facts: { ...ztna, paths: { "/etc/ztna": fileFact } },
    conflicts: ["a file is there. Move it away first"],
  },
  {
    title: "does not follow a link where a directory must be",
    resources: [directory],
    facts: { ...ztna, paths: { "/etc/ztna": linkFact } },
    conflicts: ["a link is there"],
  },
  {
    title: "refuses a directory in a directory that does not exist",
    resources: [directory],
    facts: ztna,
    conflicts: ["there is no /etc"],
  },
  // Links
  {
    title: "leaves a link alone that points where it must",
    resources: [link],
    facts: { paths: { "/opt/current": { ...linkFact, target: "releases/2" } } },
  },
  {
    title: "makes a link",
    resources: [link],
    facts: { parents: ["/opt"] },
    changes: ["link /opt/current to releases/2"],
  },
  {
    title: "points a link elsewhere",
    resources: [link],
    facts: { paths: { "/opt/current": { ...linkFact, target: "releases/1" } } },
    changes: ["replace /opt/current by a link: target releases/1 -> releases/2"],
  },
  {
    title: "replaces a file where a link must be",
    resources: [link],
    facts: { paths: { "/opt/current": fileFact } },
    changes: ["replace /opt/current by a link: target a file -> releases/2"],
  },
  {
    title: "never replaces a directory by a link",
    resources: [link],
    facts: { paths: { "/opt/current": directoryFact } },
    conflicts: ["a directory is there"],
  },
  {
    title: "names a hostile target harmlessly",
    resources: [{ ...link, target: "$(reboot)\n" } as Resource],
    facts: { parents: ["/opt"] },
    changes: [String.raw`link /opt/current to "$(reboot)\n"`],
  },
  // Absent
  { title: "leaves nothing where nothing must be", resources: [absent] },
  {
    title: "removes a file",
    resources: [absent],
    facts: { paths: { "/etc/old": fileFact } },
    changes: ["remove the file /etc/old"],
  },
  {
    title: "removes a link, and not what it points to",
    resources: [absent],
    facts: { paths: { "/etc/old": linkFact } },
    changes: ["remove the link /etc/old"],
  },
  {
    title: "removes a directory",
    resources: [absent],
    facts: { paths: { "/etc/old": directoryFact } },
    changes: ["remove the directory /etc/old"],
  },
  // Users
  { title: "leaves a user alone that is as it must be", resources: [user], facts: ztna },
  {
    title: "creates a user",
    resources: [user],
    changes: ["create the system user ztna (home /var/lib/ztna, no login)"],
  },
  {
    title: "creates a user whose group is there already",
    resources: [user],
    facts: { groups: { ztna: 997 } },
    changes: ["create the system user ztna (home /var/lib/ztna, no login)"],
  },
  {
    title: "takes a user's login away",
    resources: [user],
    facts: { ...ztna, users: { ztna: { ...systemUser, shell: "/bin/bash" } } },
    changes: ["update the system user ztna: shell /bin/bash -> /usr/sbin/nologin"],
  },
  {
    title: "accepts other shells that let nobody in",
    resources: [user],
    facts: { ...ztna, users: { ztna: { ...systemUser, shell: "/bin/false" } } },
  },
  {
    title: "leaves the home of a user alone that is there",
    resources: [user],
    facts: { ...ztna, users: { ztna: { ...systemUser, home: "/nonexistent" } } },
  },
  {
    title: "repairs a user whose group is lost",
    resources: [user],
    facts: { users: ztna.users! },
    changes: ["update the system user ztna: group 997 -> ztna"],
  },
  {
    title: "never takes a person's account",
    resources: [user],
    facts: { ...ztna, users: { ztna: { ...systemUser, uid: 1000 } } },
    conflicts: ["its number is 1000. Choose another name"],
  },
  {
    title: "never takes root's account",
    resources: [user],
    facts: { ...ztna, users: { ztna: { ...systemUser, uid: 0 } } },
    conflicts: ["its number is 0"],
  },
  // Packages
  {
    title: "leaves a package alone that is installed",
    resources: [nft],
    facts: { packages: { nftables: "installed" } },
  },
  {
    title: "installs a package",
    resources: [nft],
    changes: ["install the package nftables"],
  },
  {
    title: "installs a package again that has left only its configuration",
    resources: [nft],
    facts: { packages: { nftables: "config-files" } },
    changes: ["install the package nftables: package config-files -> installed"],
  },
  {
    title: "finishes a package that a run which was cut off has left half-way",
    resources: [nft],
    facts: { packages: { nftables: "half-configured" } },
    changes: ["install the package nftables: package half-configured -> installed"],
  },
  // Kernel settings
  {
    title: "leaves a setting alone that is as it must be, now and after a boot",
    resources: [sysctl],
    facts: settable(4096, 4096),
  },
  {
    title: "sets a setting, now and for the next boot",
    resources: [sysctl],
    facts: settable(2048),
    changes: ["set net.core.rmem_max to 4096: value 2048 -> 4096"],
  },
  {
    title: "keeps for the next boot what is right now",
    resources: [sysctl],
    facts: settable(4096, 2048),
    changes: ["set net.core.rmem_max to 4096: value after a boot 2048 -> 4096"],
  },
  {
    title: "lowers a setting that must be exact",
    resources: [sysctl],
    facts: settable(8192, 8192),
    changes: [
      "set net.core.rmem_max to 4096: value after a boot 8192 -> 4096, value 8192 -> 4096",
    ],
  },
  {
    title: "leaves what is higher than a minimum",
    resources: [{ ...sysctl, atLeast: true } as Resource],
    facts: settable(8192, 4096),
  },
  {
    title: "keeps what is higher than a minimum over the next boot",
    resources: [{ ...sysctl, atLeast: true } as Resource],
    facts: settable(8192, 1024),
    changes: [
      "set net.core.rmem_max to at least 4096: value after a boot 1024 -> 8192",
    ],
  },
  {
    title: "leaves a setting to its container's machine that is right",
    resources: [sysctl],
    facts: {
      sysctls: { "net.core.rmem_max": { access: "read_only", value: 4096, persisted: undefined } },
    },
  },
  {
    title: "refuses a setting that is read-only",
    resources: [sysctl],
    facts: {
      sysctls: { "net.core.rmem_max": { access: "read_only", value: 1, persisted: undefined } },
    },
    conflicts: ["current value is 1, and it is read-only there. In a container, set it on"],
  },
  {
    title: "refuses a setting that the kernel does not offer",
    resources: [sysctl],
    conflicts: ["the kernel does not offer it there"],
  },
  {
    title: "warns of an optional setting that is read-only",
    resources: [{ ...sysctl, optional: true } as Resource],
    facts: {
      sysctls: { "net.core.rmem_max": { access: "read_only", value: 1, persisted: undefined } },
    },
    warnings: ["Cannot set net.core.rmem_max to 4096"],
  },
  {
    title: "warns of an optional setting that the kernel does not offer",
    resources: [{ ...sysctl, optional: true } as Resource],
    warnings: ["sysctl -w net.core.rmem_max=4096"],
  },
  // Services
  {
    title: "leaves a service alone that is enabled and runs",
    resources: [service],
    facts: unit({}),
  },
  {
    title: "enables and starts a service that systemd has never heard of",
    resources: [service],
    facts: unit({ loadState: "not-found", activeState: "inactive", fileState: "" }),
    changes: ["enable and start ztna-relay@a.service: active inactive -> active"],
  },
  {
    title: "starts a service that has failed",
    resources: [service],
    facts: unit({ activeState: "failed" }),
    changes: ["start ztna-relay@a.service: active failed -> active"],
  },
  {
    title: "waits for a service that is about to start",
    resources: [service],
    facts: unit({ activeState: "activating" }),
    changes: ["start ztna-relay@a.service: active activating -> active"],
  },
  {
    title: "leaves a service alone that reloads",
    resources: [service],
    facts: unit({ activeState: "reloading" }),
  },
  {
    title: "enables a service beyond the next boot",
    resources: [service],
    facts: unit({ fileState: "enabled-runtime" }),
    changes: ["enable ztna-relay@a.service: enabled enabled-runtime -> enabled"],
  },
  {
    title: "does not enable what has nothing to enable",
    resources: [service],
    facts: unit({ fileState: "static" }),
  },
  {
    title: "enables what had nothing to enable before its unit was written anew",
    resources: [unitFile, service],
    facts: { ...unit({ fileState: "static" }), parents: ["/etc/systemd/system"] },
    changes: [
      "create /etc/systemd/system/ztna-relay@.service (mode 0644, root:root)",
      "enable ztna-relay@a.service: enabled static -> enabled",
    ],
  },
  {
    title: "does not enable what has nothing to enable because another unit has changed",
    resources: [{ ...unitFile, path: "/etc/systemd/system/other@.service" } as Resource, service],
    facts: { ...unit({ fileState: "static" }), parents: ["/etc/systemd/system"] },
    changes: ["create /etc/systemd/system/other@.service (mode 0644, root:root)"],
  },
  {
    title: "stops and disables a service",
    resources: [stopped],
    facts: unit({}),
    changes: [
      "disable and stop ztna-relay@a.service: enabled enabled -> disabled, active active -> inactive",
    ],
  },
  {
    title: "leaves a service alone that is disabled and has failed",
    resources: [stopped],
    facts: unit({ activeState: "failed", fileState: "disabled" }),
  },
  {
    title: "leaves a service alone that must not run and does not exist",
    resources: [stopped],
    facts: unit({ loadState: "not-found", activeState: "inactive", fileState: "" }),
  },
  {
    title: "leaves a masked service alone that must not run",
    resources: [stopped],
    facts: unit({ loadState: "masked", activeState: "inactive", fileState: "masked" }),
  },
  {
    title: "never unmasks a service",
    resources: [service],
    facts: unit({ loadState: "masked", activeState: "inactive", fileState: "masked" }),
    conflicts: ["systemctl unmask ztna-relay@a.service"],
  },
  {
    title: "reloads a unit that a run which was cut off has changed",
    resources: [service],
    facts: unit({ needsReload: true }),
    changes: ["reload ztna-relay@a.service: unit file changed -> loaded"],
  },
  {
    title: "writes a unit and then starts it",
    resources: [unitFile, service],
    facts: {
      ...unit({ loadState: "not-found", activeState: "inactive", fileState: "" }),
      parents: ["/etc/systemd/system"],
    },
    changes: [
      "create /etc/systemd/system/ztna-relay@.service (mode 0644, root:root)",
      "enable and start ztna-relay@a.service: active inactive -> active",
    ],
  },
  // Firewalls
  {
    title: "leaves a port alone where nothing filters",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "nftables", allowed: false, chains: [] } } },
  },
  { title: "leaves an open port alone", resources: [firewall], facts: firewallDone },
  {
    title: "opens a port that packets are dropped at, now and after a boot",
    resources: [firewall],
    facts: filtered(false),
    changes: ["open udp port 4433 in the host's firewall"],
  },
  {
    title: "opens a port again that is closed since rules were loaded anew",
    resources: [firewall],
    facts: { ...firewallDone, ...filtered(false) },
    changes: ["open udp port 4433 in the host's firewall"],
  },
  {
    title: "keeps a port open after the next boot",
    resources: [firewall],
    facts: {
      ...firewallDone,
      units: { "ztna-firewall-udp-4433.service": { ...running, fileState: "disabled" } },
    },
    changes: [
      "open udp port 4433 in the host's firewall: ztna-firewall-udp-4433.service disabled -> enabled",
    ],
  },
  {
    title: "allows a port in ufw",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "ufw", allowed: false, chains: [] } } },
    changes: ["allow 4433/udp in ufw"],
  },
  {
    title: "leaves a port alone that ufw allows",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "ufw", allowed: true, chains: [] } } },
  },
  {
    title: "leaves firewalld's zones to the administrator",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "firewalld", allowed: false, chains: [] } } },
    conflicts: ["firewall-cmd --permanent --zone=ZONE --add-port=4433/udp"],
  },
  {
    title: "says when nobody can tell whether a port is open",
    resources: [firewall],
    facts: { firewalls: { firewall: { manager: "unknown", allowed: false, chains: [] } } },
    warnings: ["install the package nftables"],
  },
  // Commands and handlers
  {
    title: "leaves out a command whose condition holds",
    resources: [command],
    facts: { conditions: { command: true } },
  },
  {
    title: "runs a command whose condition does not hold",
    resources: [command],
    facts: { conditions: { command: false } },
    changes: ["make the key"],
  },
  {
    title: "runs no handler when nothing has changed",
    resources: [{ ...absent, notify: ["restart"] } as Resource],
    handlers,
  },
  {
    title: "runs handlers once each, in the play's order",
    resources: [
      { ...absent, notify: ["restart", "reload"] } as Resource,
      { ...command, notify: ["restart"] } as Resource,
    ],
    handlers,
    facts: { paths: { "/etc/old": fileFact }, conditions: { command: false } },
    changes: ["remove the file /etc/old", "make the key"],
    due: ["reload", "restart"],
  },
  {
    title: "runs a handler that an earlier run did not get to",
    resources: [{ ...absent, notify: ["restart"] } as Resource],
    handlers,
    facts: { pendingHandlers: ["restart"] },
    due: ["restart"],
  },
];
