import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { defineMetrics, knownLabelSets, type MetricDefinition } from "./metric_catalogue.ts";

const told = { topic: "traffic", advice: "Look at it." } as const;
const counter: MetricDefinition = {
  ...told,
  name: "ztna_x_total",
  kind: "counter",
  help: "Things seen",
};
const gauge: MetricDefinition = { ...told, name: "ztna_x", kind: "gauge", help: "Things now" };
const histogram: MetricDefinition = {
  ...told,
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
  ["advice is one line", { ...gauge, advice: "" }],
  ["advice is one line", { ...gauge, advice: "Look at it" }],
  ["advice is one line", { ...gauge, advice: "Look\nat it." }],
  ["at most 300", { ...gauge, advice: `L${"o".repeat(300)}k.` }],
  ["only gauges have a reading", { ...counter, reading: "flag" }],
  ["a timestamp is in seconds", { ...gauge, reading: "timestamp" }],
  ["has no unit", { ...gauge, name: "ztna_x_ratio", unit: "ratio", reading: "flag" }],
  ["two different finite numbers", { ...gauge, thresholds: { warning: 1, critical: 1 } }],
  ["two different finite numbers", { ...gauge, thresholds: { warning: 1, critical: Infinity } }],
  ["only gauges have a limit", { ...counter, limit: "ztna_x" }],
  ["another gauge of the catalogue", { ...gauge, limit: "ztna_y" }],
  ["another gauge of the catalogue", { ...gauge, limit: "ztna_x" }],
  ['no "labels"', { ...gauge, labels: {} }],
  ["named once", { ...gauge, labels: { a: ["x", "x"] } }],
  ["a label has values", { ...gauge, labels: { a: [] } }],
  ["a label has values", { ...gauge, labels: { a: "" } }],
  ["a label is lower snake case", { ...gauge, labels: { "a-b": "Anything" } }],
  ["reserved", { ...gauge, labels: { le: "Anything" } }],
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

describe("knownLabelSets", () => {
  it("has one set without labels", () => {
    assertEquals(knownLabelSets({}), [{}]);
  });

  it("has all combinations of the values", () => {
    assertEquals(knownLabelSets({ labels: { a: ["1", "2"], b: ["x"] } }), [
      { a: "1", b: "x" },
      { a: "2", b: "x" },
    ]);
  });

  it("takes values that a process knows for labels without a list", () => {
    const labels = { a: ["1", "2"], service: "ID of the service" };
    assertEquals(knownLabelSets({ labels }, { service: ["web"], other: ["x"] }), [
      { a: "1", service: "web" },
      { a: "2", service: "web" },
    ]);
  });

  it("knows none where only running shows the values of a label", () => {
    assertEquals(knownLabelSets({ labels: { a: ["1"], service: "ID of the service" } }), undefined);
  });
});
