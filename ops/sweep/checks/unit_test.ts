import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { unknownUnit } from "../../engine/health/unit_state.ts";
import { programFacts, unitState } from "../facts/test_program_facts.ts";
import { onlyVerdict, statuses, testView } from "../test_view.ts";
import { unit } from "./unit.ts";

const down = (change: Parameters<typeof unitState>[0]): ReturnType<typeof programFacts> =>
  programFacts({ active: false, ready: false, state: unitState({ pid: null, ...change }) });

describe("the check of units", () => {
  it("finds programs well that run, and says for how long", () => {
    const facts = {
      programs: { relay: programFacts(), connector: programFacts() },
      starts: { relay: { restarts: 0, ageSeconds: 61 } },
    };
    assertEquals(statuses(unit, { facts }), [["relay", "ok"], ["connector", "ok"]]);
    assertMatch(unit.evaluate(testView({ facts }))[0]!.value, /^active \(running\) for 1 min/);
  });

  const cases: [what: string, state: Parameters<typeof unitState>[0], remedy: RegExp][] = [
    [
      "was stopped",
      { active: "inactive", sub: "dead" },
      /^Start it: .* systemctl start ztna-relay/,
    ],
    [
      "keeps ending",
      { active: "activating", sub: "auto-restart" },
      /^See why it ends: .*journalctl/,
    ],
    ["was given up", { active: "failed", sub: "failed", lastExit: "exit code 2" }, /^See why/],
    ["is not installed", { isLoaded: false, active: "inactive" }, /^Deploy it: deno task deploy/],
    ["is not told of", unknownUnit, /is-system-running$/],
  ];
  for (const [what, state, remedy] of cases) {
    it(`finds a program critical that ${what}, and says what to do`, () => {
      const verdict = onlyVerdict(unit, { facts: { programs: { relay: down(state) } } });
      assertEquals(verdict.status, "critical");
      assertMatch(verdict.remedy, remedy);
    });
  }

  it("only warns while somebody works on the host", () => {
    const facts = {
      programs: { relay: down({ active: "inactive" }) },
      work: { worker: "alice@laptop (deploy)" },
    };
    const { status, remedy } = onlyVerdict(unit, { facts });
    assertEquals([status, remedy], ["warning", "Wait for alice@laptop (deploy), then sweep again"]);
  });
});
