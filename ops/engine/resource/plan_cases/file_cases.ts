import { Secret } from "../../secret.ts";
import type { PathFact } from "../facts.ts";
import {
  digest,
  directory,
  directoryFact,
  etc,
  file,
  fileFact,
  linkFact,
  nft,
  type PlanCase,
  text,
  user,
  ztna,
} from "./plan_case.ts";

const otherFact: PathFact = { ...fileFact, type: "other" };

/** Files. */
export const fileCases: readonly PlanCase[] = [
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
    resources: [{ ...file, owner: "nemo" }],
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
    resources: [file, { ...file, id: "b", path: "/etc/b", owner: "nemo" }],
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
    resources: [directory, { ...file, path: "/etc/ztna/a" }],
    facts: { ...ztna, parents: etc },
    changes: [
      "create the directory /etc/ztna (mode 0750, root:ztna)",
      "create /etc/ztna/a (mode 0640, root:ztna)",
    ],
  },
  {
    title: "does not accept a directory that is made later",
    resources: [{ ...file, path: "/etc/ztna/a" }, directory],
    facts: { ...ztna, parents: etc },
    changes: ["create the directory /etc/ztna (mode 0750, root:ztna)"],
    conflicts: ["there is no /etc/ztna"],
  },
  {
    title: "leaves it to a package in front to bring a directory and a group",
    resources: [nft, { ...file, path: "/etc/nftables.d/a" }],
    changes: [
      "install the package nftables",
      "create /etc/nftables.d/a (mode 0640, root:ztna)",
    ],
  },
  {
    title: "knows root without asking",
    resources: [{ ...file, group: "root" }],
    facts: { parents: etc },
    changes: ["create /etc/a.json (mode 0640, root:root)"],
  },
  {
    title: "names hostile paths harmlessly",
    resources: [{ ...file, path: "/etc/a b\n$(c)'\u202e" }],
    facts: { ...ztna, parents: etc },
    changes: [String.raw`create "/etc/a b\n$(c)'\u202e" (mode 0640, root:ztna)`],
  },
  {
    title: "never shows a secret",
    resources: [{ ...file, contents: new Secret("hunter2") }],
    facts: { ...ztna, paths: { "/etc/a.json": fileFact } },
    changes: ["update /etc/a.json: contents"],
  },
  {
    title: "takes bytes as they are",
    resources: [{ ...file, contents: new TextEncoder().encode(text) }],
    facts: { ...ztna, paths: { "/etc/a.json": fileFact } },
  },
];
