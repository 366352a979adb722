import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ChangeJson } from "../../engine/resource/change.ts";
import { formatLine } from "../../terminal/span.ts";
import type { Finding } from "../finding.ts";
import type { FixChoice } from "./choose_fixes.ts";
import type { Mend } from "./fix.ts";
import {
  fixedFindings,
  type FixedHost,
  fixesJson,
  fixLines,
  type FixOutcome,
} from "./fix_report.ts";

const start: ChangeJson = {
  ...{ resource: "service:relay", kind: "service", summary: "start the relay" },
  ...{ differences: [], notify: [] },
};
const other: ChangeJson = { ...start, resource: "prune:releases", summary: "prune" };

const stopped: Finding = {
  ...{ host: "h", check: "unit", subject: "relay", status: "critical" },
  ...{ value: "inactive", remedy: "start it" },
};
const mend: Mend = { finding: stopped, remedy: { resources: ["service:relay"] } };
const reachable: Finding = { ...stopped, check: "reachable", subject: "", status: "ok" };
const choice: FixChoice = { mends: new Map([["h", [mend]]]), left: [] };

function outcome(host: FixedHost, change: Partial<FixOutcome> = {}): FixOutcome {
  return {
    choice,
    fixing: { changes: new Map([["h", [start, other]]]), left: [], declined: false },
    hosts: new Map([["h", host]]),
    after: [reachable, { ...stopped, status: "ok" }],
    check: false,
    ...change,
  };
}

const cases: readonly {
  readonly title: string;
  readonly outcome: FixOutcome;
  readonly expected: readonly [result: string, why: string];
}[] = [
  {
    title: "is mended when the sweep afterwards finds it well",
    outcome: outcome({ outcome: "done" }),
    expected: ["mended", ""],
  },
  {
    title: "is mended also when its run has failed later",
    outcome: outcome({ outcome: "failed", error: "the other thing" }),
    expected: ["mended", ""],
  },
  {
    title: "is mended when the host answers and there is nothing to find any more",
    outcome: outcome({ outcome: "done" }, { after: [reachable] }),
    expected: ["mended", ""],
  },
  {
    title: "is not taken for mended when the host does not answer any more",
    outcome: outcome({ outcome: "done" }, { after: [{ ...reachable, status: "critical" }] }),
    expected: ["still wrong", "the host does not answer any more"],
  },
  {
    title: "is still wrong when it is found again, with what is wrong and why",
    outcome: outcome(
      { outcome: "failed", error: "Cannot start it\nline 2" },
      { after: [reachable, { ...stopped, value: "failed" }] },
    ),
    expected: ["still wrong", "failed; Cannot start it\nline 2"],
  },
  {
    title: "would be mended, with --check",
    outcome: outcome({ outcome: "done" }, { after: undefined, check: true }),
    expected: ["would be mended", ""],
  },
  {
    title: "is left alone on a host that was not reached or not touched",
    outcome: outcome({ outcome: "skipped", error: "you said no" }, { after: undefined }),
    expected: ["left alone", "you said no"],
  },
  {
    title: "is left alone when there is nothing to change",
    outcome: outcome({ outcome: "done" }, {
      fixing: { changes: new Map([["h", [other]]]), left: [], declined: false },
    }),
    expected: ["left alone", "there is nothing to change for it"],
  },
  {
    title: "is left alone when the plan has found a reason",
    outcome: outcome({ outcome: "done" }, {
      fixing: {
        ...{ changes: new Map(), declined: false },
        left: [{ finding: stopped, why: "somebody has disabled it" }],
      },
    }),
    expected: ["left alone", "somebody has disabled it"],
  },
];

describe("a finding that can be mended", () => {
  for (const { title, outcome, expected } of cases) {
    it(title, () => {
      const found = fixedFindings(outcome);
      assertEquals(found.map(({ result, why }) => [result, why]), [[...expected]]);
    });
  }

  it("comes with its own changes, and no others", () => {
    const [json] = fixesJson(fixedFindings(outcome({ outcome: "done" })));
    assertEquals(json, {
      ...{ host: "h", check: "unit", subject: "relay", result: "mended" },
      ...{ changes: [start], why: null },
    });
  });

  it("is told in a line of its own, whatever a host has put into it", () => {
    const evil = { ...stopped, subject: "relay\u001b[2J\nok" };
    const left = { mends: new Map(), left: [{ finding: evil, why: "a\u0007\nb" }] };
    const lines = fixLines(fixedFindings(outcome({ outcome: "done" }, { choice: left })));
    const text = lines.map((line) => formatLine(line, { color: false })).join("\n");
    assertEquals(text.split("\n").length, 2);
    assertStringIncludes(text, "· left alone  h  unit relay");
    // deno-lint-ignore no-control-regex -- control characters are what it looks for
    assertEquals(/[\u0000-\u0009\u000b-\u001f]/.test(text), false);
  });
});
