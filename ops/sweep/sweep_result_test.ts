import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Finding, FindingStatus } from "./finding.ts";
import { statusOf, sweepExitCode } from "./sweep_result.ts";

function finding(status: FindingStatus, check = "disk-space"): Finding {
  return { host: "relay1", check, subject: "", status, value: "", remedy: "" };
}

const cases: [what: string, findings: Finding[], status: FindingStatus, exitCode: number][] = [
  ["nothing", [], "ok", 0],
  ["good findings", [finding("ok")], "ok", 0],
  ["a warning", [finding("ok"), finding("warning")], "warning", 3],
  ["something critical", [finding("critical"), finding("warning")], "critical", 1],
  ["hosts that can't be reached", [finding("critical", "reachable")], "critical", 4],
  [
    "hosts that can't be reached, and others with warnings",
    [finding("critical", "reachable"), finding("warning")],
    "critical",
    4,
  ],
  [
    "hosts that can't be reached, and something else critical",
    [finding("critical", "reachable"), finding("critical")],
    "critical",
    1,
  ],
  [
    "only problems that are silenced",
    [{ ...finding("critical"), silenced: { by: "silence", reason: "known", untilMs: 1 } }],
    "ok",
    0,
  ],
];

describe("a sweep's result", () => {
  for (const [what, findings, status, exitCode] of cases) {
    it(`is ${status}, exit code ${exitCode}, with ${what}`, () => {
      assertEquals(statusOf({ findings }), status);
      assertEquals(sweepExitCode({ findings }), exitCode);
    });
  }
});
