import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { variableScope } from "../promql/scope.ts";
import { metricPanels } from "./metric_panels.ts";

const scope = variableScope({ program: "relay" });
const selected = 'fleet=~"$fleet",instance=~"$instance",job="ztna-relay"';

/** A metric that nobody has declared yet. */
const declared = (own: Partial<MetricDefinition>): MetricDefinition => ({
  name: "ztna_relay_parcels",
  kind: "gauge",
  topic: "traffic",
  help: "Parcels",
  advice: "Look into them.",
  ...own,
});

/** What is asked for the panels of a metric. */
const queries = (metric: MetricDefinition, limit?: MetricDefinition): string[] =>
  metricPanels(metric, scope, limit).flatMap(({ panel }) =>
    (panel.targets ?? []).map((target) => (target as unknown as { expr: string }).expr)
  );

const panelOf = (metric: MetricDefinition): Panel => metricPanels(metric, scope)[0]!.panel;

describe("metricPanels", () => {
  it("shows a counter as a rate, one series for each host", () => {
    const metric = declared({ name: "ztna_relay_parcels_total", kind: "counter" });
    assertEquals(queries(metric), [
      `topk(10, sum by (instance) (rate(ztna_relay_parcels_total{${selected}}[$__rate_interval])))`,
    ]);
    assertEquals(panelOf(metric).title, "Parcels");
    assertEquals(panelOf(metric).fieldConfig?.defaults.unit, "cps");
  });

  it("shows one series for each value of a label, all of them if they are known", () => {
    const counter = { name: "ztna_relay_parcels_total", kind: "counter" } as const;
    const rate = `rate(ztna_relay_parcels_total{${selected}}[$__rate_interval])`;
    assertEquals(queries(declared({ ...counter, labels: { color: ["red", "blue"] } })), [
      `sum by (color) (${rate})`,
    ]);
    assertEquals(queries(declared({ ...counter, labels: { sender: "Anybody" } })), [
      `topk(10, sum by (sender) (${rate}))`,
    ]);
  });

  it("shows an amount with its limit and its thresholds", () => {
    const thresholds = { warning: 5, critical: 9 };
    const limit = declared({ name: "ztna_relay_parcels_limit" });
    const metric = declared({ limit: limit.name, thresholds });
    assertEquals(queries(metric, limit), [
      `topk(10, sum by (instance) (ztna_relay_parcels{${selected}}))`,
      `min(ztna_relay_parcels_limit{${selected}})`,
    ]);
    assertEquals(panelOf(metric).fieldConfig?.defaults.thresholds?.steps, [
      { value: null, color: "green" },
      { value: 5, color: "orange" },
      { value: 9, color: "red" },
    ]);
  });

  it("turns the colours round where less is worse", () => {
    const metric = declared({ thresholds: { warning: 9, critical: 5 } });
    assertEquals(panelOf(metric).fieldConfig?.defaults.thresholds?.steps, [
      { value: null, color: "red" },
      { value: 5, color: "orange" },
      { value: 9, color: "green" },
    ]);
  });

  it("shows a flag as states, with the words that its name asks for", () => {
    const metric = declared({ name: "ztna_relay_ready", reading: "flag" });
    const { type, fieldConfig } = panelOf(metric);
    assertEquals(type, "state-timeline");
    assertEquals(fieldConfig?.defaults.mappings?.[0]?.options, {
      0: { text: "not ready", color: "orange", index: 1 },
      1: { text: "ready", color: "green", index: 0 },
    });
  });

  it("shows flags of states as the state that one is in", () => {
    const metric = declared({ reading: "flag", labels: { state: ["registered", "denied"] } });
    const one = (state: string): string =>
      `ztna_relay_parcels{fleet=~"$fleet",instance=~"$instance",job="ztna-relay",state="${state}"}`;
    assertEquals(queries(metric), [
      `max by (instance) (1 * ${one("registered")} or 2 * ${one("denied")})`,
    ]);
    assertEquals(panelOf(metric).fieldConfig?.defaults.mappings?.[0]?.options, {
      1: { text: "registered", color: "green", index: 0 },
      2: { text: "denied", color: "red", index: 1 },
    });
  });

  it("shows the time that is left where thresholds ask for some, and else what has passed", () => {
    const name = "ztna_relay_parcels_timestamp_seconds";
    const metric = declared({ name, reading: "timestamp", unit: "seconds" });
    assertEquals(queries(metric), [`time() - min by (instance) (${name}{${selected}})`]);
    const thresholds = { warning: 100, critical: 10 };
    assertEquals(queries({ ...metric, thresholds }), [
      `min by (instance) (${name}{${selected}}) - time()`,
    ]);
  });

  it("shows labels that are the value as a table", () => {
    const metric = declared({ reading: "info", labels: { release: "Of the parcels" } });
    const { type, transformations } = panelOf(metric);
    assertEquals(type, "table");
    assertEquals(queries(metric), [
      `max by (instance, release) (ztna_relay_parcels{${selected}})`,
    ]);
    assertEquals(transformations?.[1]?.options.indexByName, { instance: 0, release: 1 });
  });

  it("shows a histogram as a heat map and as quantiles", () => {
    const name = "ztna_relay_parcels_seconds";
    const metric = declared({ name, kind: "histogram", unit: "seconds", buckets: [1, 2] });
    const buckets = `sum by (le) (rate(${name}_bucket{${selected}}[$__rate_interval]))`;
    assertEquals(queries(metric), [
      buckets,
      ...[0.5, 0.95, 0.99].map((quantile) => `histogram_quantile(${quantile}, ${buckets})`),
    ]);
    assertEquals(metricPanels(metric, scope).map(({ panel }) => panel.type), [
      "heatmap",
      "timeseries",
    ]);
  });

  it("describes each panel with help, advice and the metric's name", () => {
    assertEquals(
      panelOf(declared({})).description,
      "Parcels.\n\nLook into them.\n\n`ztna_relay_parcels`",
    );
  });
});
