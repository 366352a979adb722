import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { SendSchedule } from "./send_schedule.ts";

describe("SendSchedule", () => {
  it("has a packet due at the start and one after each interval", () => {
    const schedule = new SendSchedule({ startMs: 1000, intervalMs: 20, count: 3 });
    const due: number[] = [];
    while (!schedule.isDone) {
      due.push(schedule.nextDueMs);
      schedule.take();
    }
    assertEquals(due, [1000, 1020, 1040]);
    assertEquals(schedule.nextDueMs, Infinity);
  });

  it("does not drift, however late its packets are taken", () => {
    fc.assert(fc.property(
      fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 10, noNaN: true }),
      (delays, intervalMs) => {
        const schedule = new SendSchedule({ startMs: 0, intervalMs });
        let now = 0;
        let taken = 0;
        for (const delay of delays) {
          now = Math.max(now, schedule.nextDueMs) + delay;
          while (schedule.nextDueMs <= now) {
            schedule.take();
            taken += 1;
          }
          assertAlmostEquals(schedule.nextDueMs, taken * intervalMs, 1e-6);
          assert(Math.abs(taken - now / intervalMs - 0.5) < 0.5 + 1e-6);
        }
      },
    ));
  });

  it("fits as many packets into a duration as have intervals in it", () => {
    const total = (durationMs: number, intervalMs: number): number =>
      new SendSchedule({ startMs: 0, intervalMs, durationMs }).total;
    assertEquals(total(1000, 100), 10);
    assertEquals(total(300, 0.1), 3000);
    assertEquals(total(1001, 100), 11);
    // 3000 / (1000 / 19) is a little more than 57 in floating point.
    assertEquals(total(3000, 1000 / 19), 57);
    assertEquals(total(1, 100), 1);
  });

  it("ends at whichever limit comes first", () => {
    const schedule = { startMs: 0, intervalMs: 10 };
    assertEquals(new SendSchedule({ ...schedule, count: 5, durationMs: 1000 }).total, 5);
    assertEquals(new SendSchedule({ ...schedule, count: 500, durationMs: 1000 }).total, 100);
    assertEquals(new SendSchedule(schedule).total, Infinity);
  });

  it("moves what is still to come when it is postponed", () => {
    const schedule = new SendSchedule({ startMs: 0, intervalMs: 10, durationMs: 100 });
    schedule.take();
    schedule.postpone(1000);
    assertEquals(schedule.nextDueMs, 1010);
    assertEquals(schedule.endMs, 1100);
    assertEquals(schedule.total, 10);
  });

  it("drops the rest when it is ended", () => {
    const schedule = new SendSchedule({ startMs: 0, intervalMs: 10 });
    schedule.end();
    assertEquals([schedule.isDone, schedule.nextDueMs], [true, Infinity]);
  });

  for (const wrong of [{ intervalMs: 0 }, { intervalMs: NaN }, { count: 0 }, { durationMs: -1 }]) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      assertThrows(
        () => new SendSchedule({ startMs: 0, intervalMs: 10, ...wrong }),
        RangeError,
        Object.keys(wrong)[0]!,
      );
    });
  }
});
