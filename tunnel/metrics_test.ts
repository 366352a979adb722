import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { createMetrics, defineMetrics } from "./metrics.ts";

const told = { topic: "traffic", advice: "Look at it." } as const;
const anything = "Anything";
const catalogue = defineMetrics({
  relayed: { ...told, name: "ztna_relayed_total", kind: "counter", help: "Datagrams relayed" },
  drops: {
    ...told,
    name: "ztna_drops_total",
    kind: "counter",
    help: "Drops",
    labels: { reason: anything },
  },
  peers: {
    ...told,
    name: "ztna_peers",
    kind: "gauge",
    help: "Peers",
    labels: { role: anything, service: anything },
  },
  uptime: { ...told, name: "ztna_uptime_seconds", kind: "gauge", unit: "seconds", help: "Uptime" },
  rtt: {
    ...told,
    name: "ztna_rtt_seconds",
    kind: "histogram",
    unit: "seconds",
    help: "Round trips",
    buckets: [0.01, 0.1, 1],
  },
  waits: {
    ...told,
    name: "ztna_wait_seconds",
    kind: "histogram",
    unit: "seconds",
    help: "Waits",
    buckets: [1],
    labels: { queue: anything },
  },
});

/** Lines of the exposition that are samples. */
function samples(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("createMetrics", () => {
  it("shows counters, gauges and histograms with their help and type", async () => {
    const metrics = createMetrics(catalogue);
    metrics.counter.relayed.inc();
    metrics.counter.relayed.inc(41);
    metrics.counter.drops.labels({ reason: "too_long" }).inc(2);
    metrics.gauge.peers.labels({ role: "agent", service: "web" }).set(3);
    metrics.gauge.uptime.observe(() => 1.5);
    for (const seconds of [0.01, 0.011, 0.5, 7]) metrics.histogram.rtt.observe(seconds);
    metrics.histogram.waits.labels({ queue: "out" }).observe(0.5);
    assertEquals(
      await metrics.exposition(),
      `# HELP ztna_relayed_total Datagrams relayed
# TYPE ztna_relayed_total counter
ztna_relayed_total 42

# HELP ztna_drops_total Drops
# TYPE ztna_drops_total counter
ztna_drops_total{reason="too_long"} 2

# HELP ztna_peers Peers
# TYPE ztna_peers gauge
ztna_peers{role="agent",service="web"} 3

# HELP ztna_uptime_seconds Uptime
# TYPE ztna_uptime_seconds gauge
ztna_uptime_seconds 1.5

# HELP ztna_rtt_seconds Round trips
# TYPE ztna_rtt_seconds histogram
ztna_rtt_seconds_bucket{le="0.01"} 1
ztna_rtt_seconds_bucket{le="0.1"} 2
ztna_rtt_seconds_bucket{le="1"} 3
ztna_rtt_seconds_bucket{le="+Inf"} 4
ztna_rtt_seconds_sum 7.521
ztna_rtt_seconds_count 4

# HELP ztna_wait_seconds Waits
# TYPE ztna_wait_seconds histogram
ztna_wait_seconds_bucket{le="1",queue="out"} 1
ztna_wait_seconds_bucket{le="+Inf",queue="out"} 1
ztna_wait_seconds_sum{queue="out"} 0.5
ztna_wait_seconds_count{queue="out"} 1
`,
    );
  });

  it("has all series of label values that the process knows, at 0 from the start", async () => {
    const labelValues = { reason: ["too_long", "empty"], role: ["agent"] };
    const metrics = createMetrics(catalogue, { labelValues });
    const labelled = samples(await metrics.exposition()).filter((line) => !line.includes("{le="));
    assertEquals(labelled.filter((line) => line.includes("{")), [
      'ztna_drops_total{reason="too_long"} 0',
      'ztna_drops_total{reason="empty"} 0',
    ]);
  });

  it("has instruments by kind only, with exactly their labels", () => {
    const metrics = createMetrics(catalogue);
    const wrong = (): void => {
      // @ts-expect-error -- a gauge is no counter
      metrics.counter.uptime.inc();
      // @ts-expect-error -- a counter can't be set
      metrics.counter.relayed.set(1);
      // @ts-expect-error -- labels are required
      metrics.counter.drops.inc();
      // @ts-expect-error -- there is no such label
      metrics.counter.drops.labels({ cause: "x" });
      // @ts-expect-error -- one label is missing
      metrics.gauge.peers.labels({ role: "agent" });
      // @ts-expect-error -- it has no labels
      metrics.gauge.uptime.labels({});
    };
    assertThrows(wrong, TypeError);
    assertEquals(Object.keys(metrics.counter), ["relayed", "drops"]);
  });

  it("never lets a counter go back", () => {
    const { relayed } = createMetrics(catalogue).counter;
    relayed.inc(5);
    for (const amount of [-1, NaN, Infinity, -Infinity]) relayed.inc(amount);
    assertEquals(relayed.value, 5);
  });

  it("moves gauges up and down", () => {
    const { uptime } = createMetrics(catalogue).gauge;
    uptime.inc(3);
    uptime.dec();
    assertEquals(uptime.value, 2);
  });

  it("leaves out a series whose source has no value", async () => {
    const metrics = createMetrics(catalogue);
    metrics.gauge.uptime.observe(() => undefined);
    metrics.counter.relayed.observe(() => 7);
    const lines = samples(await metrics.exposition());
    assert(lines.includes("ztna_relayed_total 7"));
    assert(!lines.some((line) => line.startsWith("ztna_uptime")));
  });

  it("fails the scrape when a source fails", async () => {
    const metrics = createMetrics(catalogue);
    metrics.gauge.uptime.observe(() => {
      throw new RangeError("broken");
    });
    await assertRejects(() => metrics.exposition(), RangeError, "broken");
  });

  it("gives the same instrument for the same labels", () => {
    const { peers } = createMetrics(catalogue).gauge;
    const one = peers.labels({ role: "agent", service: "a" });
    assert(one === peers.labels({ service: "a", role: "agent" }));
    assert(one !== peers.labels({ role: "a", service: "agent" }));
  });

  it("bounds the series of a metric and sums the rest as other", async () => {
    const metrics = createMetrics(catalogue, { maxSeriesPerMetric: 3 });
    for (let i = 0; i < 1000; i++) {
      metrics.counter.drops.labels({ reason: `r${i}` }).inc();
      metrics.gauge.peers.labels({ role: `${i}`, service: `${i}` }).inc();
    }
    const lines = samples(await metrics.exposition());
    assertEquals(lines.filter((line) => line.startsWith("ztna_drops")), [
      'ztna_drops_total{reason="r0"} 1',
      'ztna_drops_total{reason="r1"} 1',
      'ztna_drops_total{reason="r2"} 1',
      'ztna_drops_total{reason="other"} 997',
    ]);
    assert(lines.includes('ztna_peers{role="other",service="other"} 997'));
  });

  it("finds a full metric's series again by values that are cut or escaped", () => {
    const { drops } = createMetrics(catalogue, { maxSeriesPerMetric: 2 }).counter;
    const long = drops.labels({ reason: "x".repeat(300) });
    const odd = drops.labels({ reason: "a\nb" });
    const other = drops.labels({ reason: "more" });
    assert(other === drops.labels({ reason: "y" }) && other === drops.labels({ reason: "\x01" }));
    assert(long === drops.labels({ reason: "x".repeat(128) }));
    assert(long === drops.labels({ reason: "x".repeat(200) }));
    assert(odd === drops.labels({ reason: "a\nb" }));
    drops.remove({ reason: "other" });
    drops.labels({ reason: "z" }).inc();
    assertEquals([...drops.series()].length, 3);
    assertEquals(drops.labels({ reason: "other" }).value, 1);
  });

  it("forgets a removed series and makes room for another", () => {
    const { peers } = createMetrics(catalogue, { maxSeriesPerMetric: 2 }).gauge;
    peers.labels({ role: "agent", service: "a" }).set(1);
    peers.labels({ role: "agent", service: "b" }).set(2);
    peers.remove({ role: "agent", service: "a" });
    peers.remove({ role: "agent", service: "unknown" });
    peers.labels({ role: "agent", service: "c" }).set(3);
    const left = [...peers.series()].map((
      { labels, instrument },
    ) => [labels.service, instrument.value]);
    assertEquals(left, [["b", 2], ["c", 3]]);
    assertEquals(peers.labels({ role: "agent", service: "a" }).value, 0);
  });

  it("keeps one sample per series and one line per sample, whatever the label values", async () => {
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("\ud800", "\udfff", "\ufffd", 'a"b', "a\\b", "a\nb", "a\rb", "x".repeat(300)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 20 }), async (reasons) => {
        const metrics = createMetrics(catalogue);
        for (const reason of reasons) metrics.counter.drops.labels({ reason }).inc();
        const text = new TextDecoder().decode(new TextEncoder().encode(await metrics.exposition()));
        const lines = samples(text).filter((line) => line.startsWith("ztna_drops_total"));
        const parsed = lines.map((line) =>
          /^ztna_drops_total\{reason="((?:[^"\\\p{Cc}]|\\[\\n"])*)"\} (\d+)$/u.exec(line)
        );
        assert(parsed.every((match) => match !== null), lines.join("\n"));
        assertEquals(new Set(parsed.map((match) => match?.[1])).size, lines.length);
        assertEquals(parsed.reduce((sum, match) => sum + Number(match?.[2]), 0), reasons.length);
      }),
      { numRuns: 200 },
    );
  });

  it("counts every finite observation in exactly the bucket that holds it", () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: false })), (values) => {
      const { rtt } = createMetrics(catalogue).histogram;
      for (const value of values) rtt.observe(value);
      const finite = values.filter(Number.isFinite);
      assertEquals(rtt.count, finite.length);
      for (const { bound, count } of rtt.cumulated()) {
        assertEquals(count, finite.filter((value) => value <= bound).length);
      }
    }));
  });

  it("refuses a catalogue that breaks the rules", () => {
    const error = assertThrows(
      () => createMetrics({ x: { ...told, name: "x", kind: "counter", help: "X" } }),
      TypeError,
    );
    assertStringIncludes(error.message, '"_total"');
  });
});
