import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { defineMetrics, type MetricDefinition, metricTableRows } from "./metric_catalogue.ts";

const counter: MetricDefinition = { name: "ztna_x_total", kind: "counter", help: "Things seen" };
const gauge: MetricDefinition = { name: "ztna_x", kind: "gauge", help: "Things now" };
const histogram: MetricDefinition = {
  name: "ztna_x_seconds",
  kind: "histogram",
  unit: "seconds",
  help: "Time taken",
  buckets: [1, 2],
};

const wrong: [rule: string, definition: MetricDefinition][] = [
  ["lower snake case", { ...gauge, name: "ztna-x" }],
  ["lower snake case", { ...gauge, name: "Ztna_x" }],
  ["lower snake case", { ...gauge, name: "ztna__x" }],
  ["lower snake case", { ...gauge, name: "__proto__" }],
  ["belong to histograms", { ...gauge, name: "ztna_x_count" }],
  ['only counters end in "_total"', { ...gauge, name: "ztna_x_total" }],
  ['a counter ends in "_total"', { ...counter, name: "ztna_x" }],
  ['"legacyName" is for counters', { ...counter, legacyName: true }],
  ['"legacyName" is for counters', { ...gauge, legacyName: true }],
  ["base unit", { ...gauge, name: "ztna_x_ms" }],
  ["base unit", { ...counter, name: "ztna_x_milliseconds_total" }],
  ["base unit", { ...gauge, name: "ztna_x_percent" }],
  ['ends in "_seconds"', { ...gauge, unit: "seconds" }],
  ['ends in "_bytes"', { ...counter, name: "ztna_bytes_x_total", unit: "bytes" }],
  ['needs the unit "bytes"', { ...counter, name: "ztna_x_bytes_total" }],
  ["begins with a capital", { ...gauge, help: "things" }],
  ["begins with a capital", { ...gauge, help: "" }],
  ["without a full stop", { ...gauge, help: "Things." }],
  ["one line", { ...gauge, help: "Things\nhere" }],
  ["at most 200", { ...gauge, help: "T".repeat(201) }],
  ['no "labels"', { ...gauge, labels: [] }],
  ["named once", { ...gauge, labels: ["a", "a"] }],
  ["a label is lower snake case", { ...gauge, labels: ["a-b"] }],
  ["reserved", { ...gauge, labels: ["le"] }],
  ["needs buckets", { ...histogram, buckets: [] }],
  ["finite and ascending", { ...histogram, buckets: [1, 1] }],
  ["finite and ascending", { ...histogram, buckets: [1, Infinity] }],
  ["only histograms have buckets", { ...gauge, buckets: [1] }],
];

describe("defineMetrics", () => {
  it("takes what follows Prometheus' rules, and the reference's counters without _total", () => {
    defineMetrics({
      counter,
      gauge,
      histogram,
      bytes: { ...counter, name: "ztna_x_bytes_total", unit: "bytes" },
      legacy: { ...counter, name: "ztna_retry_tokens_validated", legacyName: true },
    });
  });

  for (const [rule, definition] of wrong) {
    it(`refuses ${JSON.stringify(definition)}: ${rule}`, () => {
      assertThrows(() => defineMetrics({ definition }), TypeError, rule);
    });
  }

  it("refuses two metrics with one series name", () => {
    assertThrows(() => defineMetrics({ a: gauge, b: gauge }), TypeError, "another metric");
  });

  it("reports all mistakes, one per line", () => {
    const error = assertThrows(
      () => defineMetrics({ a: { ...gauge, help: "x." }, b: { ...counter, name: "b" } }),
      TypeError,
    );
    assertEquals(error.message.split("\n").length, 3);
  });
});

describe("metricTableRows", () => {
  it("gives one Markdown row per metric", () => {
    assertEquals(metricTableRows({ histogram, drops: { ...counter, labels: ["a", "b"] } }), [
      "| `ztna_x_seconds` | histogram | seconds |  | Time taken |",
      "| `ztna_x_total` | counter |  | `a`, `b` | Things seen |",
    ]);
  });
});
