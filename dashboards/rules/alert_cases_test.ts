import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../tests/support/debian_program.ts";
import { runOnFiles } from "../../tests/support/run_on_files.ts";
import { alertCases } from "./cases/alert_cases.ts";
import { type Expectation, promtoolTest } from "./cases/promtool_tests.ts";
import { withoutFleet } from "./cases/without_fleet.ts";
import { ruleFiles } from "./rule_files.ts";
import { alertRules, groupsFor } from "./rule_groups.ts";

const promtool = "/usr/bin/promtool";

/** Alerts that fire whatever happens. */
const alwaysFiring = ["ZtnaWatchdog"];

describe("the cases of the alerts", () => {
  it("are those of the alerts that there are", () => {
    assertEquals(Object.keys(alertCases).sort(), alertRules.map(({ alert }) => alert).sort());
  });

  it("have for every alert one that fires it and one that does not", () => {
    const poor = Object.entries(alertCases).filter(([alert, { fires, silent }]) =>
      fires.length === 0 || silent.length === 0 && !alwaysFiring.includes(alert)
    );
    assertEquals(poor.map(([alert]) => alert), []);
  });
});

describe("an alert in promtool", { skip: skipWithout(promtool, "prometheus") }, () => {
  for (const rule of alertRules) {
    // Its own rules and what they need: evaluating all of them for each case takes a minute.
    const rules = Object.fromEntries(
      ruleFiles(groupsFor(rule)).map(({ path, text }) => [path.split("/").at(-1)!, text]),
    );

    const check = async (...cases: Expectation[]): Promise<void> => {
      const test = promtoolTest(rule, cases, Object.keys(rules));
      const files = { ...rules, "test.yaml": test };
      const { code, output } = await runOnFiles(promtool, ["test", "rules", "test.yaml"], files);
      assertEquals(code, 0, output);
    };

    for (const alertCase of alertCases[rule.alert]?.fires ?? []) {
      it(`${rule.alert} fires for ${alertCase.what}, in a fleet without a name, too`, () =>
        check(alertCase, withoutFleet(alertCase)));
    }
    for (const alertCase of alertCases[rule.alert]?.silent ?? []) {
      it(`${rule.alert} is silent for ${alertCase.what}`, () => check(alertCase));
    }
  }
});
