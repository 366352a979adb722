import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { systemClock } from "./clock.ts";
import { FakeClock } from "./fake_clock.ts";

describe("systemClock", () => {
  it("fires a timer once, after its delay, not during the call", async () => {
    const startMs = systemClock.now();
    let during = true;
    const firedDuring = await new Promise<boolean>((resolve) => {
      systemClock.setTimer(() => resolve(during), 5);
      during = false;
    });
    assertEquals(firedDuring, false);
    assert(systemClock.now() - startMs >= 4);
  });

  it("never fires what was cancelled, and cancelling twice is harmless", async () => {
    let fired = false;
    const timer = systemClock.setTimer(() => fired = true, 0);
    timer[Symbol.dispose]();
    timer[Symbol.dispose]();
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 1));
    assertEquals(fired, false);
  });

  it("takes delays that setTimeout would fire at once", async () => {
    let fired = false;
    using _far = systemClock.setTimer(() => fired = true, 2 ** 31);
    using _never = systemClock.setTimer(() => fired = true, Infinity);
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 5));
    assertEquals(fired, false);
  });

  it("takes negative delays and NaN as none", async () => {
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, -5));
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, NaN));
  });
});

describe("FakeClock", () => {
  it("fires timers in order of time, then of setting, each at its own time", () => {
    const clock = new FakeClock(100);
    const fired: [string, number][] = [];
    clock.setTimer(() => fired.push(["b", clock.now()]), 20);
    clock.setTimer(() => fired.push(["a", clock.now()]), 10);
    clock.setTimer(() => fired.push(["c", clock.now()]), 20);
    clock.advance(25);
    assertEquals(fired, [["a", 110], ["b", 120], ["c", 120]]);
    assertEquals([clock.now(), clock.pendingTimers], [125, 0]);
  });

  it("fires timers that are set by timers when they are due in the same advance", () => {
    const clock = new FakeClock();
    let count = 0;
    const again = (): void => {
      if (++count < 5) clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    clock.advance(35);
    assertEquals([count, clock.nextTimerMs], [3, 5]);
  });

  it("forgets cancelled timers", () => {
    const clock = new FakeClock();
    let fired = false;
    using _kept = clock.setTimer(() => {}, 50);
    clock.setTimer(() => fired = true, 10)[Symbol.dispose]();
    clock.advance(20);
    assertEquals([fired, clock.pendingTimers, clock.nextTimerMs], [false, 1, 30]);
  });

  it("lets awaiting code run between timers when advanced asynchronously", async () => {
    const clock = new FakeClock();
    const waits: number[] = [];
    const wait = (ms: number): Promise<void> => new Promise((done) => clock.setTimer(done, ms));
    const loop = (async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await wait(10);
        waits.push(clock.now());
      }
    })();
    await clock.advanceAsync(100);
    await loop;
    assertEquals(waits, [10, 20, 30]);
  });
});
