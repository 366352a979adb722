import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { catalogues, type ScrapedProgram } from "../catalogue.ts";
import { expressionMistakes } from "../promql/check.ts";
import { withVariables } from "../promql/grafana_variables.ts";
import { inspectExpression } from "../promql/inspect.ts";
import { knownSeries, seriesOf } from "../promql/known_series.ts";
import { alertRules } from "../rules/rule_groups.ts";
import { watchdogAlert } from "./fleet_tables.ts";
import { dashboards, expressionsOf } from "./test_boards.ts";

const known = knownSeries();

describe("the dashboards' expressions", () => {
  it("of alerts are about all of ours but the one that always fires", () => {
    const names = alertRules.map(({ alert }) => alert);
    assertEquals(names.filter((name) => !name.startsWith("Ztna")), []);
    assert(names.includes(watchdogAlert));
  });

  for (const dashboard of dashboards()) {
    it(`of ${dashboard.uid} are PromQL of series and labels that there are`, () => {
      const mistakes = expressionsOf(dashboard).flatMap(({ where, expression }) =>
        expressionMistakes(expression, known).map((mistake) => `${where}: ${mistake}`)
      );
      assertEquals(mistakes, []);
    });

    it(`of ${dashboard.uid}'s variables are, too`, () => {
      const queries = dashboard.templating.list!.filter(({ type }) => type === "query");
      for (const { name, query } of queries) {
        const { query: text } = query as { query: string };
        const [, selected, label] = /^label_values\((.*), (\w+)\)$/.exec(text)!;
        assertEquals(label, name);
        assertEquals(expressionMistakes(`count by (${label}) (${selected})`, known), []);
      }
    });
  }

  for (const program of Object.keys(catalogues) as ScrapedProgram[]) {
    it(`show every metric of the ${program} on its dashboard`, () => {
      const dashboard = dashboards().find(({ uid }) => uid === `ztna-${program}`)!;
      const shown = new Set(
        expressionsOf(dashboard).flatMap(({ expression }) =>
          inspectExpression(withVariables(expression)).series.map(({ name }) => name)
        ),
      );
      const metrics = Object.values(catalogues[program]) as MetricDefinition[];
      const missing = metrics.filter((metric) => !seriesOf(metric).some((name) => shown.has(name)));
      assertEquals(missing.map(({ name }) => name), []);
    });
  }
});
