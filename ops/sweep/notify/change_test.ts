import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Finding, findingKey, type FindingStatus } from "../finding.ts";
import { findingOf } from "../history/test_sweeps.ts";
import { nextNotifications, type ToldProblem } from "./change.ts";

/** One finding's way through sweeps: `-` is not looked at, `~` flapping, `(x)` silenced. */
type Step = FindingStatus | "-" | "?" | `(${FindingStatus})` | `~${FindingStatus}`;

/** Follows a finding; gives what was told at each sweep. */
function tellOf(steps: readonly Step[]): (string | undefined)[] {
  let told: ReadonlyMap<string, ToldProblem> = new Map();
  return steps.map((step, at) => {
    const status = step.replaceAll(/[()~]/g, "") as FindingStatus;
    const silenced = { by: "silence", reason: "known", untilMs: 1 } as const;
    const finding = findingOf("a", "unit", status, {
      ...step.startsWith("(") && status !== "ok" && { silenced },
    });
    const key = findingKey(finding);
    const isMissing = step === "-" || step === "?";
    const next = nextNotifications(told, {
      startedMs: at,
      findings: new Map<string, Finding>(isMissing ? [] : [[key, finding]]),
      coverage: { isComplete: () => step !== "?" },
      since: new Map(),
      flapping: new Set(step.startsWith("~") ? [key] : []),
    }, () => "id");
    told = next.told;
    const [change] = next.changes;
    return change && `${change.kind}: ${change.from} -> ${change.to}`;
  });
}

const none = undefined;
const cases: [what: string, steps: Step[], told: (string | undefined)[]][] = [
  ["nothing while all is well", ["ok", "ok", "-"], [none, none, none]],
  [
    "each change once",
    ["ok", "warning", "warning", "critical", "critical", "warning", "ok", "ok"],
    [
      ...[none, "new: null -> warning", none, "worse: warning -> critical", none],
      ...["better: critical -> warning", "solved: warning -> ok", none],
    ],
  ],
  [
    "what nobody looks at any more",
    ["critical", "-", "-", "critical"],
    ["new: null -> critical", "gone: critical -> gone", none, "new: null -> critical"],
  ],
  [
    "nothing while nobody could look",
    ["critical", "?", "critical", "?", "ok"],
    ["new: null -> critical", none, none, none, "solved: critical -> ok"],
  ],
  [
    "a problem when its silence is over",
    ["(critical)", "(critical)", "critical", "ok"],
    [none, none, "new: null -> critical", "solved: critical -> ok"],
  ],
  ["nothing of what comes and goes in silence", ["(critical)", "ok", "(warning)"], [
    ...[none, none, none],
  ]],
  [
    "nothing of a problem that a silence begins and ends in",
    ["warning", "(warning)", "(critical)", "warning"],
    ["new: null -> warning", none, none, none],
  ],
  [
    "what became worse in silence, when that is over",
    ["warning", "(critical)", "critical"],
    ["new: null -> warning", none, "worse: warning -> critical"],
  ],
  [
    "what is solved in silence",
    ["warning", "(warning)", "ok"],
    ["new: null -> warning", none, "solved: warning -> ok"],
  ],
  [
    "once that something is flapping, and how it is when it is steady",
    ["critical", "ok", "~critical", "~ok", "~critical", "critical", "ok"],
    [
      ...["new: null -> critical", "solved: critical -> ok", "flapping: null -> critical"],
      ...[none, none, "new: critical -> critical", "solved: critical -> ok"],
    ],
  ],
  [
    "that what was flapping is solved",
    ["~critical", "~ok", "ok", "ok"],
    ["flapping: null -> critical", none, "solved: critical -> ok", none],
  ],
  ["nothing of flapping that a silence hides", ["(critical)", "~ok", "ok"], [none, none, none]],
];

describe("a receiver of notifications", () => {
  for (const [what, steps, told] of cases) {
    it(`is told ${what}`, () => assertEquals(tellOf(steps), told));
  }

  it("learns since when a problem is there, from the history", () => {
    const finding = findingOf("a", "unit", "critical", { remedy: "start it" });
    const { changes, told } = nextNotifications(new Map(), {
      startedMs: 20,
      findings: new Map([[findingKey(finding), finding]]),
      coverage: { isComplete: () => true },
      since: new Map([[findingKey(finding), 10]]),
      flapping: new Set(),
    }, () => "one");
    assertEquals(changes, [{
      ...{ id: "one", kind: "new", host: "a", check: "unit", subject: "", remedy: "start it" },
      ...{ value: "unit is critical", from: null, to: "critical", atMs: 20, sinceMs: 10 },
    }]);
    assertEquals([...told.values()].map(({ sinceMs }) => sinceMs), [10]);
  });
});
