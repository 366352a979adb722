import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { FindingStatus } from "../finding.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { clockSkew } from "./clock_skew.ts";

const askedMs = 1_800_000_000_000;
const receivedMs = askedMs + 500;

function at(nowMs: number): Parameters<typeof onlyVerdict>[1] {
  return { askedMs, receivedMs, facts: { clock: { nowMs, bootId: "" } } };
}

describe("the check of clocks", () => {
  const cases: [what: string, nowMs: number, status: FindingStatus, value: RegExp][] = [
    ["a time between question and answer", askedMs + 1, "ok", /^within 0.5 s$/],
    ["a clock that is a little ahead", receivedMs + 1999, "ok", /^within/],
    ["one that is 2 s ahead", receivedMs + 2000, "warning", /^2.0 s ahead$/],
    ["one that is 2 s behind", askedMs - 2000, "warning", /^2.0 s behind$/],
    ["one that is 30 s behind", askedMs - 30_000, "critical", /^30.0 s behind$/],
    ["one that began in 1970", 0, "critical", /behind$/],
  ];
  for (const [what, nowMs, status, value] of cases) {
    it(`takes ${what} for ${status}`, () => {
      const verdict = onlyVerdict(clockSkew, at(nowMs));
      assertEquals(verdict.status, status);
      assertMatch(verdict.value, value);
      assertEquals(verdict.remedy === "", status === "ok");
    });
  }

  it("says nothing where the host did not tell", () => {
    assertEquals(statuses(clockSkew, {}), []);
  });
});
