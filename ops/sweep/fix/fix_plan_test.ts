import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { describeChange } from "../../engine/resource/change.ts";
import { checkPlay } from "../../engine/resource/check_play.ts";
import type { Facts, PathFact, SysctlFact, UnitFact } from "../../engine/resource/facts.ts";
import type { CommandResource } from "../../engine/resource/resource.ts";
import { combinedPlay } from "../../fleet/deploy_plan.ts";
import type { ProgramName } from "../../fleet/fleet.ts";
import { hostPlays } from "../../fleet/host_plays.ts";
import {
  emptyUnits,
  everyRoleCredentials,
  everyRoleFleet,
  everyRoleHost,
} from "../../fleet/test_fleet_host.ts";
import type { Finding } from "../finding.ts";
import type { Mend, Remedy } from "./fix.ts";
import { fixChanges, type FixPlan, fixPlay, planFixes } from "./fix_plan.ts";

const credentials = everyRoleCredentials("new certificate", "new key");
const deployed = combinedPlay(hostPlays({
  ...{ fleet: everyRoleFleet, host: everyRoleHost, credentials, release: undefined },
  units: emptyUnits,
}));

const certificate = "/etc/ztna/tls/relay.pem";
const key = "/etc/ztna/tls/relay.key";
const relayUnit = "ztna-relay@a.service";
const start: Remedy = { resources: [`service:${relayUnit}`] };
const renew: Remedy = { resources: [`file:${certificate}`, `file:${key}`] };

const unit = (change: Partial<UnitFact>): Partial<Facts> => ({
  units: new Map([[relayUnit, {
    ...{ loadState: "loaded", activeState: "inactive", fileState: "enabled", needsReload: false },
    ...change,
  }]]),
});
const file = (mode: number, owner: string): PathFact => ({
  ...{ type: "file", mode, owner, group: owner, bytes: 3, sha256: "old" },
});

/** A host that has users and directories, and nothing else that is known. */
function factsOf(change: Partial<Facts>): Facts {
  return {
    paths: new Map(),
    parents: new Set(["/etc/ztna/tls"]),
    users: new Map([
      ["root", { uid: 0, gid: 0, home: "/root", shell: "/bin/sh" }],
      ["ztna", { uid: 999, gid: 999, home: "/", shell: "/bin/false" }],
    ]),
    groups: new Map([["root", 0], ["ztna", 999]]),
    ...{ packages: new Map(), sysctls: new Map(), units: new Map(), firewalls: new Map() },
    ...{ conditions: new Map(), pendingHandlers: new Set(), extras: new Map() },
    ...change,
  };
}

function mendOf(remedy: Remedy, subject = "relay"): Mend {
  const finding: Finding = {
    ...{ host: "h", check: "c", subject, status: "critical", value: "", remedy: "" },
  };
  return { finding, remedy };
}

function planned(
  remedies: readonly Remedy[],
  facts: Partial<Facts>,
  draining: readonly ProgramName[] = [],
): FixPlan {
  const mends = remedies.map((remedy, i) => mendOf(remedy, `subject ${i}`));
  const play = fixPlay(mends, deployed);
  checkPlay(play);
  return planFixes({ mends, play, facts: factsOf(facts), draining });
}

const texts = (plan: FixPlan): string[] => fixChanges(plan).map(describeChange);

describe("a plan of fixes", () => {
  it("starts a unit, and waits for it", () => {
    const plan = planned([start], unit({}));
    assertEquals(texts(plan), [`start ${relayUnit}: active inactive -> active`]);
    assertEquals([plan.awaits, plan.restarts, plan.left], [["relay"], [], []]);
  });

  it("leaves a unit alone that somebody has started since", () => {
    const plan = planned([start], unit({ activeState: "active" }));
    assertEquals([texts(plan), plan.awaits], [[], []]);
  });

  for (
    const [what, change, why] of [
      ["disabled", { fileState: "disabled" }, "somebody has disabled"],
      ["masked", { loadState: "masked", fileState: "masked" }, "somebody has masked it"],
      ["never installed", { loadState: "not-found", fileState: "" }, "is not installed"],
    ] as const
  ) {
    it(`says why it leaves a unit alone that was ${what}`, () => {
      const plan = planned([start], unit(change));
      assertEquals([texts(plan), plan.awaits], [[], []]);
      assertStringIncludes(plan.left[0]!.why, why);
    });
  }

  it("brings a certificate and its key, and reloads the program once", () => {
    const paths = new Map([[certificate, file(0o644, "root")], [key, file(0o600, "ztna")]]);
    const plan = planned([renew, { reload: "relay" }], { paths });
    assertEquals(texts(plan), [
      `update ${certificate}: contents`,
      `update ${key}: contents`,
    ]);
    assertEquals(plan.plan.handlers.map(({ id }) => id), ["reload:relay"]);
  });

  it("brings no certificate where its key can't be, and mends what else there is", () => {
    const paths = new Map([
      [certificate, file(0o644, "root")],
      [key, { ...file(0o600, "ztna"), type: "directory" as const }],
    ]);
    const plan = planned([renew, start], { paths, ...unit({}) });
    assertEquals(plan.plan.changes.map(({ resource }) => resource), [`service:${relayUnit}`]);
    assertEquals(plan.left.map(({ finding }) => finding.subject), ["subject 0"]);
    assertEquals(plan.plan.handlers, []);
  });

  it("reloads a program though no file changes", () => {
    const plan = planned([{ reload: "relay" }], {});
    assertEquals(texts(plan), ["have the relay read its certificates again"]);
    assertEquals(plan.plan.handlers.map(({ id }) => id), ["reload:relay"]);
  });

  it("restarts a program only while it still drains", () => {
    const remedies = [{ endDrainOf: "relay" }] as const;
    const plan = planned(remedies, {}, ["relay", "connector"]);
    assertEquals([texts(plan), plan.awaits], [
      ["restart the relay, which was left draining"],
      ["relay"],
    ]);
    assertEquals(texts(planned(remedies, {}, ["connector"])), []);
  });

  it("says why a setting can't be set", () => {
    const fact: SysctlFact = { access: "read_only", value: 1, persisted: undefined };
    const sysctls = new Map([["net.core.rmem_max", fact]]);
    const plan = planned([{ resources: ["sysctl:net.core.rmem_max"] }], { sysctls });
    assertEquals(texts(plan), []);
    assertStringIncludes(plan.left[0]!.why, "read-only");
  });

  it("runs a command that two findings want once, and none whose condition holds", () => {
    const command: CommandResource = {
      ...{ kind: "command" as const, id: "prune:releases" },
      ...{ summary: "prune", unless: "a", script: "b" },
    };
    const remedies = [{ commands: [command] }, { commands: [command] }];
    assertEquals(texts(planned(remedies, {})), ["prune"]);
    assertEquals(texts(planned(remedies, { conditions: new Map([[command.id, true]]) })), []);
  });

  it("has nothing of a deploy that no finding asks for", () => {
    const plan = planned([], unit({}));
    assertEquals([plan.plan.changes, plan.plan.handlers, plan.mends], [[], [], []]);
  });
});
