import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { expressionMistakes } from "./check.ts";
import { inspectExpression } from "./inspect.ts";

const known = new Map([
  ["drops_total", ["job", "instance", "reason"]],
  ["lag_seconds_bucket", ["job", "instance", "le"]],
  ["build_info", ["job", "instance", "release"]],
]);

describe("expressionMistakes", () => {
  const good = [
    'sum by (reason) (rate(drops_total{job="relay",instance=~"$instance"}[$__rate_interval]))',
    "histogram_quantile(0.99, sum by (le) (rate(lag_seconds_bucket[${__rate_interval}])))",
    "increase(drops_total[$__range]) and on (instance) (drops_total offset $__interval)",
    "drops_total * on (instance) group_left (release) build_info",
    'sum by (kind) (label_replace(drops_total, "kind", "$1", "reason", "(.*)"))',
    'count by (n) (count_values("n", drops_total))',
    'drops_total{instance=~"${instance:regex}"} - drops_total{instance=~"[[instance]]"}',
  ];
  for (const text of good) {
    it(`finds nothing wrong with ${text}`, () => {
      assertEquals(expressionMistakes(text, known), []);
    });
  }

  const bad: Readonly<Record<string, string>> = {
    "sum(rate(drops_total[5m])": "no PromQL at 25: ",
    "rate(drops_total[$__unknown])": "no PromQL at 17: $__unknown])",
    "sum(drops)": 'nobody has the series "drops"',
    'drops_total{service="a"}': '"drops_total" has no label "service"',
    "sum by (release) (drops_total)": 'none of "drops_total" has a label "release"',
    "build_info * on (reason) build_info":
      'none of "build_info", "build_info" has a label "reason"',
    "time()": "it selects no series",
    "": "no PromQL at 0: ",
  };
  for (const [text, mistake] of Object.entries(bad)) {
    it(`says of ${text}: ${mistake}`, () => {
      assertEquals(expressionMistakes(text, known)[0], mistake);
    });
  }
});

describe("inspectExpression", () => {
  it("lists every selector with the labels of its matchers", () => {
    assertEquals(inspectExpression('a{x="1",y!="2"} / ignoring (y) sum(b_total)').series, [
      { name: "a", labels: ["x", "y"] },
      { name: "b_total", labels: [] },
    ]);
  });
});
