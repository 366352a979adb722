import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { CounterFacts } from "../facts/counters.ts";
import { counterFacts } from "../facts/test_facts.ts";
import type { FindingStatus } from "../finding.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { udpErrors } from "./udp_errors.ts";

function after(counted: Partial<CounterFacts>): Parameters<typeof statuses>[1] {
  return {
    facts: { clock: { nowMs: 600_000, bootId: "a" }, counters: counterFacts(counted) },
    before: { clock: { nowMs: 300_000, bootId: "a" }, counters: counterFacts() },
  };
}

describe("the check of dropped datagrams", () => {
  const cases: [received: number, dropped: number, status: FindingStatus][] = [
    [0, 0, "ok"],
    [0, 9, "ok"], // too few to say anything
    [0, 10, "critical"],
    [99_901, 99, "ok"],
    [99_900, 100, "warning"],
    [98_001, 1999, "warning"],
    [98_000, 2000, "critical"],
  ];
  for (const [received, dropped, status] of cases) {
    it(`takes ${dropped} beside ${received} others for ${status}`, () => {
      assertEquals(statuses(udpErrors, after({ received, dropped })), [["", status]]);
    });
  }

  const causes: [what: string, counted: Partial<CounterFacts>, value: RegExp, remedy: RegExp][] = [
    ["full buffers", { droppedForRoom: 60 }, /no room in/, /ss -ulnpm; .*ztna_udp_buffer_bytes/],
    ["damage", { droppedAsDamaged: 60 }, /damaged on/, /cables/],
    ["others", {}, /other reasons/, /nstat/],
  ];
  for (const [what, counted, value, remedy] of causes) {
    it(`tells ${what} from other causes`, () => {
      const change = after({ received: 100, dropped: 100, ...counted });
      const verdict = onlyVerdict(udpErrors, change);
      assertMatch(verdict.value, /^100 of 200 datagrams \(50 %\) dropped in the last 5 min 00 s: /);
      assertMatch(verdict.value, value);
      assertMatch(verdict.remedy, remedy);
      assertEquals(verdict.measure, { value: 0.5, unit: "ratio" });
    });
  }

  it("says nothing at the first sweep", () => {
    assertEquals(statuses(udpErrors, { ...after({ dropped: 100 }), before: undefined }), []);
  });
});
