import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { JournalErrors, JournalFacts } from "../facts/journal.ts";
import type { KeptFacts } from "../facts/fact_sources.ts";
import type { Verdict } from "../finding.ts";
import { onlyVerdict, statuses, testView } from "../test_view.ts";
import { journalErrors } from "./journal_errors.ts";

function facts(
  relay: JournalErrors,
  change: Partial<JournalFacts> = {},
): Parameters<typeof statuses>[1] {
  return { facts: { journal: { errors: { relay }, isCut: false, failure: null, ...change } } };
}

describe("the check of errors in the journal", () => {
  for (
    const [count, status] of [[0, "ok"], [1, "warning"], [99, "warning"], [
      100,
      "critical",
    ]] as const
  ) {
    it(`takes ${count} for ${status}, for each program of its own`, () => {
      assertEquals(statuses(journalErrors, facts({ count, last: "x" })), [
        ["application", "ok"],
        ["relay", status],
        ["connector", "ok"],
      ]);
    });
  }

  function ofRelay(change: Parameters<typeof statuses>[1]): Verdict {
    return journalErrors.evaluate(testView(change)).find(({ subject }) => subject === "relay")!;
  }

  it("says how many, what the last one says, and how to read them", () => {
    const { value, remedy, measure } = ofRelay(facts({ count: 2, last: "no\x1b[2J\nmore" }));
    assertEquals(value, String.raw`2 errors in the last hour, the last: no\u001b[2J\u000amore`);
    assertEquals(remedy, "Read them: deno task logs -i … --limit h --program relay -n 200");
    assertEquals(measure, { value: 2, unit: "count" });
    const { value: long } = ofRelay(facts({ count: 1, last: "x".repeat(1000) }));
    assert(long.length < 200);
    assertMatch(ofRelay(facts({ count: 9, last: "" }, { isCut: true })).value, /^9 errors or more/);
  });

  it("says of which time they are", () => {
    const clock = (nowMs: number): KeptFacts => ({ clock: { nowMs, bootId: "" } });
    const change = facts({ count: 0, last: "" });
    const { value } = ofRelay({
      facts: { ...change.facts, ...clock(300_000) },
      before: clock(0),
    });
    assertEquals(value, "no errors in the last 5 min 00 s");
  });

  it("says so when the journal can't be read, and nothing where the host did not tell", () => {
    const verdict = onlyVerdict(
      journalErrors,
      facts({ count: 0, last: "" }, { failure: "no\x07" }),
    );
    assertEquals(verdict.status, "warning");
    assertEquals(verdict.value, String.raw`cannot be read: no\u0007`);
    assertEquals(statuses(journalErrors, {}), []);
  });
});
