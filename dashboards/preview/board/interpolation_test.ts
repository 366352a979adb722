import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Variable } from "./board.ts";
import { interpolateQuery, interpolateText, type Scope, stepFor } from "./interpolation.ts";

function variable(name: string): Variable {
  return { name, type: "query", label: "", query: "", allValue: ".*", hide: 0 };
}

function scope(choices: Readonly<Record<string, string[]>> = {}): Scope {
  return {
    variables: [variable("instance"), variable("job")],
    choices: new Map(Object.entries(choices)),
    range: { start: 0, end: 3600 },
    step: 15,
    scrapeInterval: 15,
  };
}

describe("a query's variables", () => {
  const expression = 'up{instance=~"$instance",job=~"${job}"}';

  it("are .* where nothing is chosen", () => {
    assertEquals(interpolateQuery(expression, scope()), 'up{instance=~".*",job=~".*"}');
  });

  it("are the chosen value, or a group of several", () => {
    assertEquals(
      interpolateQuery(expression, scope({ instance: ["relay1"], job: ["a", "b"] })),
      'up{instance=~"relay1",job=~"(a|b)"}',
    );
  });

  it("keep a value from being more than a text in a regular expression", () => {
    assertEquals(
      interpolateQuery('up{instance=~"$instance"}', scope({ instance: ['a.b"} or vector(1)'] })),
      'up{instance=~"a\\\\.b\\"\\\\} or vector\\\\(1\\\\)"}',
    );
  });

  const times = [
    ["$__interval", "15s"],
    ["${__interval_ms}", "15000"],
    ["$__rate_interval", "60s"],
    ["$__range", "3600s"],
    ["$__range_s", "3600"],
    ["[[__range_ms]]", "3600000"],
  ] as const;
  for (const [name, value] of times) {
    it(`has ${name} as Grafana's Prometheus data source counts it`, () => {
      assertEquals(interpolateQuery(`rate(x[${name}])`, scope()), `rate(x[${value}])`);
    });
  }

  it("leave alone what is none", () => {
    assertEquals(interpolateQuery('x{a="$other"} ^ 2', scope()), 'x{a="$other"} ^ 2');
  });

  it("are words in a title", () => {
    assertEquals(
      interpolateText("CPU of $instance, $job", scope({ instance: ["a", "b"] })),
      "CPU of a + b, All",
    );
  });
});

describe("the step of a range", () => {
  it("is the scrape interval where the panel has room for every value", () => {
    assertEquals(stepFor({ start: 0, end: 3600 }, 800, 15), 15);
    assertEquals(stepFor({ start: 0, end: 60 }, 800, 1), 1);
  });

  it("is the next round one where it has not", () => {
    assertEquals(stepFor({ start: 0, end: 86_400 }, 400, 15), 300);
    assertEquals(stepFor({ start: 0, end: 86_400 * 3650 }, 10, 15) % 604_800, 0);
  });
});
