import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stringify } from "yaml";
import { skipWithout } from "../../tests/support/debian_program.ts";
import { type RunOnFiles, runOnFiles } from "../../tests/support/run_on_files.ts";
import { boardFiles } from "../boards/board_files.ts";
import { jobs } from "../catalogue.ts";
import { expressionMistakes } from "../promql/check.ts";
import { knownSeries } from "../promql/known_series.ts";
import { dashboardPath } from "./annotations.ts";
import { rolloutSeries } from "./cases/rollout_series.ts";
import { ruleFiles } from "./rule_files.ts";
import { alertRules, recordingRules } from "./rule_groups.ts";

const promtool = "/usr/bin/promtool";
const files = Object.fromEntries(
  ruleFiles().map(({ path, text }) => [path.split("/").at(-1)!, text]),
);

describe("the rules", () => {
  const known = knownSeries();

  for (const { record, expr } of recordingRules) {
    it(`records ${record} from series that there are`, () => {
      assertMatch(record, /^[a-z_]+:[a-z_]+:[a-z0-9_]+$/);
      assertEquals(expressionMistakes(expr, known), []);
    });
  }

  for (const { alert, expr } of alertRules.filter(({ alert }) => alert !== "ZtnaWatchdog")) {
    it(`alerts with ${alert} on series that there are`, () => {
      assertMatch(alert, /^Ztna([A-Z][a-z]+)+$/);
      assertEquals(expressionMistakes(expr, known), []);
    });
  }

  it("wake somebody for what users notice or will notice before morning, and for nothing else", () => {
    const critical = alertRules.filter(({ severity }) => severity === "critical");
    assertEquals(critical.map(({ alert }) => alert), [
      "ZtnaRelayDown",
      "ZtnaNoRelayReady",
      "ZtnaRelayNotReady",
      "ZtnaServiceUnavailable",
      "ZtnaTargetsAbsent",
      "ZtnaLimitReached",
      "ZtnaEventLoopBlocked",
      "ZtnaCrashLoop",
      "ZtnaCertificateExpires",
      "ZtnaErrorBudgetBurnsFast",
      "ZtnaErrorBudgetBurns",
    ]);
  });

  it("lead to boards and variables that there are", () => {
    const boards = new Map(
      boardFiles().map(({ text }) => {
        const { uid, templating } = JSON.parse(text) as {
          uid: string;
          templating: { list: readonly { name: string }[] };
        };
        return [uid, templating.list.map(({ name }) => name)];
      }),
    );
    for (const rule of alertRules) {
      const uids = rule.board === "program" ? Object.values(jobs) : [`ztna-${rule.board}`];
      const variables = [...dashboardPath(rule).matchAll(/&var-(\w+)=/g)].map(([, name]) => name!);
      for (const uid of uids) {
        const missing = variables.filter((name) => !boards.get(uid)?.includes(name));
        assertEquals([rule.alert, uid, missing], [rule.alert, uid, []]);
      }
    }
  });

  it("have names of their own", () => {
    const names = alertRules.map(({ alert }) => alert);
    assertEquals(names, [...new Set(names)]);
  });
});

describe("the rules in promtool", { skip: skipWithout(promtool, "prometheus") }, () => {
  it("are correct, and none is there twice", async () => {
    const args = ["check", "rules", "--lint=all", "--lint-fatal", ...Object.keys(files)];
    const { code, output } = await runOnFiles(promtool, args, files);
    assertEquals(code, 0, output);
  });

  /** What promtool says of a deploy in which nothing may fire. */
  function checkDeploy(rules: Readonly<Record<string, string>>): Promise<RunOnFiles> {
    // Every scrape from a minute before the first restart.
    const times = Array.from({ length: 80 }, (_, scrape) => `${64 * 60 + 15 * scrape}s`);
    const test = stringify({
      rule_files: Object.keys(rules),
      evaluation_interval: "15s",
      tests: [{
        interval: "15s",
        input_series: Object.entries({ ...rolloutSeries("small", 1), ...rolloutSeries("large", 3) })
          .map(([name, values]) => ({ series: name, values })),
        promql_expr_test: times.map((time) => ({
          eval_time: time,
          expr: 'ALERTS{alertstate="firing",alertname!="ZtnaWatchdog"}',
          exp_samples: [],
        })),
      }],
    });
    return runOnFiles(promtool, ["test", "rules", "test.yaml"], { ...rules, "test.yaml": test });
  }

  it("fire nothing while a deploy goes through a small fleet and a larger one", async () => {
    const { code, output } = await checkDeploy(files);
    assertEquals(code, 0, output);
  });

  it("would fire then, if they did not wait", async () => {
    const impatient = Object.entries(files)
      .map(([name, text]) => [name, text.replaceAll(/^ +for: .*$/gm, "        for: 0s")]);
    const { output } = await checkDeploy(Object.fromEntries(impatient));
    const fired = new Set([...output.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name));
    assertEquals([...fired].sort(), [
      "ZtnaConnectorDown",
      "ZtnaDrainsTooLong",
      "ZtnaNoRelayReady",
      "ZtnaRelayDown",
      "ZtnaRetryTokensRefused",
      "ZtnaServiceUnavailable",
      "ZtnaUplinkNotRegistered",
      "ZtnaVersionSkew",
    ]);
  });
});
