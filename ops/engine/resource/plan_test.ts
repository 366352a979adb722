import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Secret } from "../secret.ts";
import { changeJson, describeChange } from "./change.ts";
import { checkPlay } from "./check_play.ts";
import type { Facts } from "./facts.ts";
import { isConverged, planChanges } from "./plan.ts";
import { commandCases } from "./plan_cases/command_cases.ts";
import { directoryCases } from "./plan_cases/directory_cases.ts";
import { fileCases } from "./plan_cases/file_cases.ts";
import { firewallCases } from "./plan_cases/firewall_cases.ts";
import { linkCases } from "./plan_cases/link_cases.ts";
import { serviceCases } from "./plan_cases/service_cases.ts";
import { sysctlCases } from "./plan_cases/sysctl_cases.ts";
import { userCases } from "./plan_cases/user_cases.ts";
import type { CaseFacts } from "./plan_cases/plan_case.ts";
import type { PlanNote } from "./planning.ts";
import type { Play } from "./resource.ts";
import { selectResources, tagsOf } from "./select_resources.ts";

const planCases = [
  ...fileCases,
  ...directoryCases,
  ...linkCases,
  ...userCases,
  ...sysctlCases,
  ...serviceCases,
  ...firewallCases,
  ...commandCases,
];

function factsOf(given: CaseFacts): Facts {
  const map = <T>(record: Readonly<Record<string, T>> = {}): Map<string, T> =>
    new Map(Object.entries(record));
  return {
    paths: map(given.paths),
    parents: new Set(given.parents),
    users: map(given.users),
    groups: map(given.groups),
    packages: map(given.packages),
    sysctls: map(given.sysctls),
    units: map(given.units),
    firewalls: map(given.firewalls),
    conditions: map(given.conditions),
    pendingHandlers: new Set(given.pendingHandlers),
    extras: new Map(),
  };
}

function assertNotes(notes: readonly PlanNote[], parts: readonly string[] = []): void {
  assertEquals(notes.length, parts.length, JSON.stringify(notes));
  for (const [index, part] of parts.entries()) assertStringIncludes(notes[index]!.text, part);
}

describe("the plan", () => {
  for (const { title, resources, handlers = [], facts = {}, ...expected } of planCases) {
    it(title, () => {
      const play = { resources, handlers };
      checkPlay(play);
      const plan = planChanges(play, factsOf(facts), { diff: true });
      assertEquals(plan.changes.map(describeChange), expected.changes ?? []);
      assertEquals(plan.handlers.map(({ id }) => id), expected.due ?? []);
      assertNotes(plan.warnings, expected.warnings);
      assertNotes(plan.conflicts, expected.conflicts);
      const hasWork = [expected.changes, expected.due, expected.conflicts].some((list) =>
        (list ?? []).length > 0
      );
      assertEquals(isConverged(plan), !hasWork);
    });
  }

  it("shows neither contents nor scripts in JSON", () => {
    const secret = "hunter2";
    const play: Play = {
      resources: [{
        kind: "file",
        id: "key",
        path: "/key",
        contents: new Secret(secret),
        mode: 0o600,
        owner: "root",
        group: "root",
      }],
      handlers: [],
    };
    const plan = planChanges(play, factsOf({ parents: ["/"] }), { diff: true });
    assertEquals(plan.changes.map(changeJson), [{
      resource: "key",
      kind: "file",
      summary: "create /key (mode 0600, root:root)",
      differences: [
        { property: "contents", from: null, to: "(secret, 7 bytes)" },
        { property: "mode", from: null, to: "0600" },
        { property: "owner", from: null, to: "root" },
        { property: "group", from: null, to: "root" },
      ],
      notify: [],
      diff: "--- /dev/null\n+++ /key\n+(secret, 7 bytes)\n",
    }]);
    for (const shown of [JSON.stringify(plan), Deno.inspect(plan, { depth: 9 })]) {
      assert(!shown.includes(secret) && !shown.includes(btoa(secret)), shown);
    }
  });

  it("gives every handler time to become due when only some resources are selected", () => {
    const base = { kind: "command", summary: "do", unless: "false", script: "true" } as const;
    const play: Play = {
      resources: [
        { ...base, id: "a", tags: ["x"] },
        { ...base, id: "b", tags: ["y", "x"] },
        { ...base, id: "c" },
        { ...base, id: "d", tags: ["always"] },
      ],
      handlers: [{ id: "h", summary: "handle", script: "true" }],
    };
    const selected = (selection: Parameters<typeof selectResources>[1]): string =>
      selectResources(play, selection).resources.map(({ id }) => id).join("");
    assertEquals(selected({}), "abcd");
    assertEquals(selected({ tags: ["x"] }), "abd");
    assertEquals(selected({ tags: ["y"] }), "bd");
    assertEquals(selected({ tags: ["x"], skipTags: ["y"] }), "ad");
    assertEquals(selected({ skipTags: ["always"] }), "abc");
    assertEquals(selectResources(play, { tags: ["x"] }).handlers, play.handlers);
    assertEquals(tagsOf(play), ["x", "y", "always"]);
  });
});
