import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { seededRandom } from "../support/seeded_random.ts";
import { DelayLine, maxWaitingFrames } from "./delay_line.ts";

const noShape = { delayMs: 0, jitterMs: 0, lossPercent: 0 };

function frame(number: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint32Array([number]).buffer);
}

function numberOf(bytes: Uint8Array<ArrayBuffer> | undefined): number | undefined {
  return bytes === undefined ? undefined : new Uint32Array(bytes.buffer)[0];
}

describe("a delay line", () => {
  it("gives a frame out when its delay is over, and not before", () => {
    const line = new DelayLine({ ...noShape, delayMs: 20 });
    line.put(frame(1), 100);
    assertEquals(line.dueMs, 120);
    assertEquals(line.take(119.9), undefined);
    assertEquals(numberOf(line.take(120)), 1);
    assertEquals([line.dueMs, line.size], [Infinity, 0]);
  });

  it("keeps the order of frames that have the same delay", () => {
    fc.assert(fc.property(
      fc.array(fc.nat(3), { maxLength: 200 }),
      (gapsMs) => {
        const line = new DelayLine({ ...noShape, delayMs: 5 });
        let nowMs = 0;
        for (const [number, gapMs] of gapsMs.entries()) line.put(frame(number), nowMs += gapMs);
        const out = gapsMs.map(() => numberOf(line.take(nowMs + 5)));
        assertEquals(out, gapsMs.map((_, number) => number));
      },
    ));
  });

  it("with jitter, gives every frame out once, in the order in which they are due", () => {
    fc.assert(fc.property(
      fc.array(fc.record({ gapMs: fc.nat(3), takes: fc.nat(2) }), { maxLength: 200 }),
      fc.nat(),
      (steps, seed) => {
        const line = new DelayLine(
          { delayMs: 10, jitterMs: 10, lossPercent: 0 },
          seededRandom(seed),
        );
        const out: (number | undefined)[] = [];
        const put = new Map<number, number>();
        let nowMs = 0;
        const takeOne = (): boolean => {
          const dueMs = line.dueMs;
          const number = numberOf(line.take(nowMs));
          assertEquals(number !== undefined, dueMs <= nowMs);
          assert(line.dueMs >= dueMs, "a later frame is due earlier");
          if (number === undefined) return false;
          assert(Math.abs(dueMs - put.get(number)! - 10) <= 10);
          out.push(number);
          return true;
        };
        for (const [number, { gapMs, takes }] of steps.entries()) {
          nowMs += gapMs;
          put.set(number, nowMs);
          line.put(frame(number), nowMs);
          for (let i = 0; i < takes; i++) takeOne();
        }
        nowMs += 20;
        while (takeOne());
        assertEquals(out.toSorted((a, b) => a! - b!), [...put.keys()]);
      },
    ));
  });

  it("loses the share that it should", () => {
    const line = new DelayLine({ ...noShape, lossPercent: 10 }, seededRandom(1));
    const kept = Array.from({ length: 10_000 }, () => line.put(frame(0), 0)).filter(Boolean);
    assertAlmostEquals(kept.length / 10_000, 0.9, 0.02);
    assertEquals(line.size, kept.length);
  });

  it("loses everything at 100 percent, and nothing at 0", () => {
    const all = new DelayLine({ ...noShape, lossPercent: 100 }, () => 0.999_999);
    assertEquals(all.put(frame(1), 0), false);
    const none = new DelayLine(noShape, () => 0);
    assertEquals(none.put(frame(1), 0), true);
  });

  it("loses what comes in while too many frames wait", () => {
    const line = new DelayLine({ ...noShape, delayMs: 1 });
    for (let i = 0; i < maxWaitingFrames; i++) assert(line.put(frame(i), 0));
    assertEquals(line.put(frame(0), 0), false);
    assertEquals(numberOf(line.take(1)), 0);
    assertEquals(line.put(frame(0), 0), true);
  });
});
