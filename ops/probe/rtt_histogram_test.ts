import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { RttHistogram } from "./rtt_histogram.ts";

function histogramOf(values: readonly number[]): RttHistogram {
  const histogram = new RttHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe("RttHistogram", () => {
  it("has nothing to say without samples", () => {
    const nothing = { min: null, p50: null, p95: null, p99: null, max: null };
    assertEquals(new RttHistogram().summary(), nothing);
  });

  it("is exact where there is one value", () => {
    const summary = histogramOf([12.3456]).summary();
    assertEquals(summary, { min: 12.3456, p50: 12.3456, p95: 12.3456, p99: 12.3456, max: 12.3456 });
  });

  it("is within 1 % and 1 µs of the nearest-rank percentiles of the sorted samples", () => {
    const rtts = fc.oneof(
      fc.double({ min: 0, max: 5, noNaN: true }),
      fc.double({ min: 0, max: 4_000_000, noNaN: true }),
    );
    fc.assert(fc.property(
      fc.array(rtts, { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (values, percent) => {
        const histogram = histogramOf(values);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
        const found = histogram.percentile(percent)!;
        assert(
          Math.abs(found - exact) <= exact * 0.01 + 0.001,
          `percentile ${percent}: found ${found}, exact ${exact}`,
        );
        assertEquals(histogram.summary().min, sorted[0]!);
        assertEquals(histogram.summary().max, sorted.at(-1)!);
      },
    ));
  });

  it("stays in order: min, p50, p95, p99, max", () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
      const { min, p50, p95, p99, max } = histogramOf([1, ...values]).summary();
      assert(min! <= p50! && p50! <= p95! && p95! <= p99! && p99! <= max!);
    }));
  });

  it("takes times that cannot be: negative ones as 0, days in its last bucket", () => {
    const { min, p50, max } = histogramOf([-1, 2 * 86_400_000]).summary();
    assertEquals([min, p50, max], [0, 0, 2 * 86_400_000]);
  });
});
