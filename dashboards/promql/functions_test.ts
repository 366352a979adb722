import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  atLeast,
  either,
  histogramQuantile,
  increase,
  rate,
  ratio,
  sum,
  timeLeft,
  topk,
} from "./functions.ts";
import { withVariables } from "./grafana_variables.ts";
import { inspectExpression } from "./inspect.ts";

describe("the builders of expressions", () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "take rates over Grafana's interval": [rate("a"), "rate(a[$__rate_interval])"],
    "take an increase over a given time": [increase("a", "1h"), "increase(a[1h])"],
    "sum everything": [sum("a"), "sum(a)"],
    "sum by labels": [sum("a", ["b", "c"]), "sum by (b, c) (a)"],
    "find the largest": [topk(3, sum("a", ["b"])), "topk(3, sum by (b) (a))"],
    "keep the bucket's bound in a quantile": [
      histogramQuantile(0.9, "a_bucket", ["b"]),
      "histogram_quantile(0.9, sum by (le, b) (rate(a_bucket[$__rate_interval])))",
    ],
    "say 0 where there is nothing to divide by": [
      ratio("a", "a + b"),
      "(a) / (a + b > 0) or 0 * (a + b)",
    ],
    "take what there is of several": [either("a", "b"), "a or b"],
    "count down": [timeLeft("a"), "a - time()"],
    "hold a bound": [atLeast(0, "a - b"), "clamp_min(a - b, 0)"],
  };
  for (const [name, [built, text]] of Object.entries(cases)) {
    it(name, () => {
      assertEquals(built, text);
      assertEquals(inspectExpression(withVariables(built)).errors, []);
    });
  }
});
