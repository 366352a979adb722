import type { UserFact } from "../facts.ts";
import { nft, type PlanCase, user, ztna } from "./plan_case.ts";

const systemUser: UserFact = ztna.users!["ztna"]!;

/** Users and packages. */
export const userCases: readonly PlanCase[] = [
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
];
