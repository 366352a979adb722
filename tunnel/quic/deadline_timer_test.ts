import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../fake_clock.ts";
import { type Deadlined, DeadlineTimer } from "./deadline_timer.ts";

class Entry implements Deadlined {
  deadline = Infinity;
  heapIndex = -1;
  readonly calls: number[] = [];

  onDeadline(now: number): void {
    this.calls.push(now);
  }
}

describe("DeadlineTimer", () => {
  it("calls each entry at its deadline, the nearest first", () => {
    const clock = new FakeClock();
    using timer = new DeadlineTimer<Entry>(clock);
    const start = clock.now();
    const [early, late] = [new Entry(), new Entry()];
    timer.set(late, start + 100);
    timer.set(early, start + 10);
    clock.advance(50);
    assertEquals([early.calls.length, late.calls.length], [1, 0]);
    clock.advance(50);
    assertEquals([early.calls.length, late.calls.length], [1, 1]);
  });

  it("follows a deadline that moves nearer or away, or goes", () => {
    const clock = new FakeClock();
    using timer = new DeadlineTimer<Entry>(clock);
    const start = clock.now();
    const [nearer, away, gone] = [new Entry(), new Entry(), new Entry()];
    timer.set(nearer, start + 100);
    timer.set(away, start + 10);
    timer.set(gone, start + 10);
    timer.set(nearer, start + 20);
    timer.set(away, start + 200);
    timer.set(gone, Infinity);
    clock.advance(50);
    assertEquals([nearer, away, gone].map(({ calls }) => calls.length), [1, 0, 0]);
    clock.advance(150);
    assertEquals([nearer, away, gone].map(({ calls }) => calls.length), [1, 1, 0]);
  });

  it("holds one timer of the clock, and none after its end", () => {
    const clock = new FakeClock();
    const timer = new DeadlineTimer<Entry>(clock);
    const entries = Array.from({ length: 100 }, () => new Entry());
    for (const [index, entry] of entries.entries()) timer.set(entry, clock.now() + 100 - index);
    assertEquals(clock.pendingTimers, 1);
    timer[Symbol.dispose]();
    assertEquals(clock.pendingTimers, 0);
    clock.advance(1000);
    assertEquals(entries.every(({ calls }) => calls.length === 0), true);
  });
});
