import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { drainHealth, programFacts } from "../facts/test_program_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { drain } from "./drain.ts";

const nowMs = 1_800_000_000_000;

/** A relay that has been draining for so long. */
function draining(seconds: number, worker: string | null = null): Parameters<typeof statuses>[1] {
  const since = new Date(nowMs - seconds * 1000).toISOString();
  const relay = programFacts({ drain: drainHealth({ draining: true, since, connections: 4 }) });
  return { facts: { clock: { nowMs, bootId: "b" }, programs: { relay }, work: { worker } } };
}

describe("the check of drains", () => {
  it("finds programs well that don't drain, and has nothing to say of older ones", () => {
    assertEquals(statuses(drain, { facts: { programs: { relay: programFacts() } } }), [
      ["relay", "ok"],
    ]);
    const relay = programFacts({ drain: null });
    assertEquals(statuses(drain, { facts: { programs: { relay } } }), []);
  });

  for (const [seconds, status] of [[59, "ok"], [60, "warning"], [600, "critical"]] as const) {
    it(`is ${status} after ${seconds} s with nobody at work`, () => {
      assertEquals(statuses(drain, draining(seconds)), [["relay", status]]);
    });
  }

  it("leaves a drain to whoever is at work", () => {
    assertEquals(statuses(drain, draining(6000, "alice@laptop (deploy)")), [["relay", "ok"]]);
  });

  it("says how many are left, and what ends it", () => {
    const { value, remedy } = onlyVerdict(drain, draining(90));
    assertMatch(value, /^draining for 1 min 30 s, 4 peers left;/);
    assertMatch(remedy, /deno task restart/);
  });

  it("takes a date that is none for now", () => {
    const relay = programFacts({ drain: drainHealth({ draining: true, since: "soon" }) });
    assertEquals(statuses(drain, { facts: { programs: { relay } } }), [["relay", "ok"]]);
  });
});
