import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ProgramStarts } from "../facts/starts.ts";
import { onlyVerdict } from "../test_view.ts";
import { restarts } from "./restarts.ts";

const clock = { nowMs: 1_800_000_000_050, bootId: "b" };

/** What the check says of a relay that was started so often, and at the sweep before. */
function verdict(
  now: ProgramStarts,
  before?: ProgramStarts,
  bootId = "b",
): ReturnType<typeof onlyVerdict> {
  return onlyVerdict(restarts, {
    facts: { clock, starts: { relay: now } },
    before: before && { clock: { ...clock, bootId }, starts: { relay: before } },
  });
}

const old = { ageSeconds: 100_000 };

describe("the check of restarts", () => {
  const cases: [what: string, now: number, before: number, count: number, status: string][] = [
    ["none since the sweep before", 5, 5, 0, "ok"],
    ["one since the sweep before", 6, 5, 1, "warning"],
    ["three since the sweep before", 8, 5, 3, "critical"],
    ["two since somebody has started it", 2, 5, 2, "warning"],
  ];
  for (const [what, now, before, count, status] of cases) {
    it(`counts ${what}`, () => {
      const found = verdict({ restarts: now, ...old }, { restarts: before, ...old });
      assertEquals([found.measure?.value, found.status], [count, status]);
    });
  }

  it("takes those of an hour without a sweep before, or after a boot", () => {
    assertEquals(verdict({ restarts: 3, ...old }).status, "ok");
    assertEquals(verdict({ restarts: 3, ageSeconds: 10 }).status, "critical");
    assertEquals(verdict({ restarts: 3, ageSeconds: null }).status, "critical");
    const another = verdict({ restarts: 3, ageSeconds: 10 }, { restarts: 3, ...old }, "other");
    assertEquals(another.status, "critical");
  });

  it("says when the last was and where to look", () => {
    const { value, remedy } = verdict({ restarts: 1, ageSeconds: 10 });
    assertEquals(value, "ended and was started again 1 time, the last 10 s ago");
    assertMatch(remedy, /journalctl .*ztna-relay@a\.service/);
  });
});
