import {
  directory,
  directoryFact,
  etc,
  fileFact,
  linkFact,
  type PlanCase,
  ztna,
} from "./plan_case.ts";

/** Directories. */
export const directoryCases: readonly PlanCase[] = [
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
];
