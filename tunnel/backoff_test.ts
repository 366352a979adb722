import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Backoff } from "./backoff.ts";

describe("Backoff", () => {
  it("doubles the bound from the base to the maximum", () => {
    const backoff = new Backoff({ baseMs: 1000, maxMs: 30_000, random: () => 0.5 });
    const delays = Array.from({ length: 7 }, () => backoff.next());
    assertEquals(delays, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    assertEquals(backoff.attempts, 7);
  });

  it("starts again after a reset", () => {
    const backoff = new Backoff({ baseMs: 1000, maxMs: 30_000, random: () => 0.5 });
    backoff.next();
    backoff.next();
    backoff.reset();
    assertEquals([backoff.attempts, backoff.next()], [0, 500]);
  });

  it("stays below its maximum for ever", () => {
    const options = fc.record({
      baseMs: fc.double({ min: 1, max: 1e4, noNaN: true }),
      factor: fc.double({ min: 1, max: 1e3, noNaN: true }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      attempts: fc.nat(3000),
    });
    fc.assert(
      fc.property(options, ({ baseMs, factor, random, attempts }) => {
        const maxMs = baseMs * factor;
        const backoff = new Backoff({ baseMs, maxMs, random: () => random });
        for (let i = 0; i < attempts; i++) backoff.next();
        const delay = backoff.next();
        assert(delay >= 0 && delay <= maxMs);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses bounds that make no sense", () => {
    const random = (): number => 0;
    assertThrows(() => new Backoff({ baseMs: 0, maxMs: 1, random }), RangeError, "baseMs");
    assertThrows(() => new Backoff({ baseMs: NaN, maxMs: 1, random }), RangeError, "baseMs");
    assertThrows(() => new Backoff({ baseMs: 2, maxMs: 1, random }), RangeError, "maxMs");
    assertThrows(() => new Backoff({ baseMs: 2, maxMs: Infinity, random }), RangeError, "maxMs");
  });
});
