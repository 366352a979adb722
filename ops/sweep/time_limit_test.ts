import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../../tunnel/fake_clock.ts";
import { TimeLimit } from "./time_limit.ts";

const over = (): Error => new RangeError("over");

describe("a time limit", () => {
  it("aborts with its reason when it is over, and not before", () => {
    const clock = new FakeClock();
    using limit = new TimeLimit(100, over, clock);
    clock.advance(99);
    assertEquals(limit.signal.aborted, false);
    clock.advance(1);
    assertEquals(limit.signal.reason.message, "over");
  });

  it("is over at once when there is no time", () => {
    using limit = new TimeLimit(-5, over, new FakeClock());
    assertEquals(limit.signal.aborted, true);
  });

  it("does not abort once it is disposed of", () => {
    const clock = new FakeClock();
    const limit = new TimeLimit(100, over, clock);
    limit[Symbol.dispose]();
    clock.advance(1000);
    assertEquals(limit.signal.aborted, false);
  });
});
