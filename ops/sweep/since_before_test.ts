import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { counterFacts } from "./facts/test_facts.ts";
import { sinceBefore } from "./since_before.ts";
import { testView } from "./test_view.ts";

const clock = { nowMs: 600_000, bootId: "a" };
const now = { clock, counters: counterFacts({ received: 100, dropped: 7 }) };
const earlier = {
  clock: { nowMs: 300_000, bootId: "a" },
  counters: counterFacts({ received: 60, dropped: 7 }),
};

describe("what has been counted since the sweep before", () => {
  it("is the difference, and the time", () => {
    assertEquals(sinceBefore(testView({ facts: now, before: earlier })), {
      counters: counterFacts({ received: 40 }),
      duration: "5 min 00 s",
    });
  });

  const unknown: [when: string, before: Parameters<typeof testView>[0]][] = [
    ["at the first sweep", { facts: now }],
    ["where nothing was counted before", { facts: now, before: { clock } }],
    ["where nothing is counted now", { facts: { clock }, before: earlier }],
    [
      "after a boot",
      { facts: now, before: { ...earlier, clock: { ...earlier.clock, bootId: "b" } } },
    ],
    ["when the clock was set back", { facts: now, before: { ...earlier, clock } }],
    ["when a counter has gone backwards", {
      facts: { ...earlier, clock },
      before: { ...now, clock: earlier.clock },
    }],
  ];
  for (const [when, change] of unknown) {
    it(`is not known ${when}`, () => {
      assertEquals(sinceBefore(testView(change)), undefined);
    });
  }
});
