import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { TokenBucket } from "./token_bucket.ts";

function takeAll(bucket: TokenBucket, nowMs: number): number {
  let taken = 0;
  while (bucket.take(nowMs)) taken += 1;
  return taken;
}

describe("TokenBucket", () => {
  it("allows a burst of as many events as it allows in a second", () => {
    assertEquals(takeAll(new TokenBucket(5, 0), 0), 5);
  });

  it("allows another burst when one is named", () => {
    assertEquals(takeAll(new TokenBucket(5, 0, 2), 0), 2);
  });

  it("refills with time, up to one burst", () => {
    const bucket = new TokenBucket(10, 1000);
    takeAll(bucket, 1000);
    assertEquals(bucket.take(1099), false);
    assertEquals(bucket.take(1100), true);
    assertEquals(takeAll(bucket, 1350), 2);
    assertEquals(takeAll(bucket, 99_000), 10);
  });

  it("gives nothing for a clock that goes back", () => {
    const bucket = new TokenBucket(10, 1000);
    takeAll(bucket, 1000);
    assertEquals(bucket.take(0), false);
    assertEquals(bucket.take(1000), false);
    assertEquals(bucket.take(1100), true);
  });

  it("never allows more than burst + rate * time, and never less while asked often", () => {
    const rates = fc.record({
      perSecond: fc.integer({ min: 1, max: 1000 }),
      burst: fc.integer({ min: 1, max: 1000 }),
      stepsMs: fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 50 }),
    });
    fc.assert(fc.property(rates, ({ perSecond, burst, stepsMs }) => {
      const bucket = new TokenBucket(perSecond, 0, burst);
      let now = 0;
      let taken = takeAll(bucket, now);
      assertEquals(taken, burst);
      for (const step of stepsMs) {
        now += step;
        const refill = takeAll(bucket, now);
        assert(refill <= burst);
        taken += refill;
        assert(taken <= burst + (now * perSecond) / 1000 + 1e-6);
      }
    }));
  });
});
