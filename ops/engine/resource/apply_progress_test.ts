import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ApplyProgress } from "./apply_progress.ts";
import type { Change } from "./change.ts";
import type { Plan } from "./plan.ts";

const nonce = "0123456789abcdef";
const change = (resource: string): Change => ({
  resource,
  kind: "command",
  summary: `do ${resource}`,
  differences: [],
  notify: [],
  script: "true\n",
});
const plan: Plan = {
  changes: [change("a"), change("b")],
  handlers: [{ id: "h", summary: "handle", script: "true" }],
  warnings: [],
  conflicts: [],
  directories: [],
};
const whole = [
  "change 0 begin",
  "change 0 done",
  "change 1 begin",
  "change 1 done",
  "handler 0 begin",
  "handler 0 done",
  "end",
];

/** Types of the events that lines give, and what they come to. */
function follow(lines: readonly string[]): { events: string[]; progress: ApplyProgress } {
  const progress = new ApplyProgress(plan, nonce);
  const events = lines.flatMap((line) => progress.read(`${nonce} ${line}`)?.type ?? []);
  return { events, progress };
}

describe("the progress of a plan", () => {
  it("is everything that the host says has been done", () => {
    const { events, progress } = follow(whole);
    assertEquals(events, [
      "change_started",
      "change_done",
      "change_started",
      "change_done",
      "handler_started",
      "handler_done",
    ]);
    const { changed, handled, failed, complete } = progress.outcome;
    assertEquals([changed, handled, failed, complete], [
      plan.changes,
      plan.handlers,
      undefined,
      true,
    ]);
  });

  it("ignores lines of others, also those that look like ours", () => {
    const progress = new ApplyProgress(plan, nonce);
    for (const line of ["", "hello", "change 0 begin", `fedcba change 0 begin`, `x ${nonce} end`]) {
      assertEquals(progress.read(line), undefined);
    }
    assertEquals(progress.outcome.complete, false);
  });

  /** Lines that no script of ours prints in this order. */
  const nonsense: readonly [title: string, lines: readonly string[]][] = [
    ["an end before all is done", ["end"]],
    ["an end during a change", [...whole.slice(0, 5), "end"]],
    ["a change that had not begun", ["change 0 done", "end"]],
    ["a change out of order", ["change 1 begin", "change 1 done"]],
    ["a handler before all changes", ["handler 0 begin", "handler 0 done"]],
    ["a change that does not exist", ["change 7 begin", "change -1 begin", "change x begin"]],
    ["the end of another change", ["change 0 begin", "change 1 done", "handler 0 done"]],
  ];
  for (const [title, lines] of nonsense) {
    it(`does not believe ${title}`, () => {
      const { progress } = follow(lines);
      assertEquals(progress.outcome.complete, false);
      assert(progress.outcome.handled.length === 0 && progress.outcome.changed.length < 3);
    });
  }

  it("ends with a failure, of which the end of the output is kept", () => {
    const { events, progress } = follow([
      "change 0 begin",
      `change 0 output ${btoa("no \u001b[2Jsuch\nfile\n")}`,
      "change 0 failed 3",
      "change 1 begin",
    ]);
    assertEquals(events, ["change_started", "change_failed"]);
    const { failed, complete, changed } = progress.outcome;
    assertEquals(failed?.failure, { code: 3, output: "no \\u001b[2Jsuch\nfile" });
    assertEquals([complete, changed], [true, []]);
  });

  it("says where it has stopped", () => {
    assertEquals(follow([]).progress.position, "between two changes");
    assertEquals(follow(["change 0 begin"]).progress.position, `during "do a"`);
    assertEquals(follow(whole.slice(0, 5)).progress.position, `during "handle"`);
  });

  it("is bounded and consistent, whatever a host prints", () => {
    const line = fc.oneof(
      fc.constantFrom(...whole, "change 0 output QUJD", "change 1 failed 1", "change 0 failed x"),
      fc.tuple(
        fc.constantFrom("change", "handler", "end", ""),
        fc.oneof(fc.nat(3).map(String), fc.string({ maxLength: 5 })),
        fc.constantFrom("begin", "done", "failed", "output", ""),
        fc.string({ unit: "binary", maxLength: 50 }),
      ).map((words) => words.join(" ")),
      fc.constant(`change 0 output ${"A".repeat(4000)}`),
    );
    fc.assert(fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const { progress } = follow(lines);
      const { changed, handled, failed } = progress.outcome;
      assertEquals(changed, plan.changes.slice(0, changed.length));
      assert(handled.length === 0 || changed.length === plan.changes.length);
      assert((failed?.failure.output.length ?? 0) < 60_000);
    }));
  });
});
