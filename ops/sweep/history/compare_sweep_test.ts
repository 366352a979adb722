import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Finding, findingKey, type FindingStatus } from "../finding.ts";
import { compareSweep, keepable, type KnownFinding, storedKey } from "./compare_sweep.ts";
import type { StateName } from "./known_state.ts";
import { findingOf } from "./test_sweeps.ts";

const key = storedKey({ host: "relay1", check: "disk", subject: "" });

function known(status: StateName, value = "before"): Map<string, KnownFinding> {
  return new Map([[key, { host: "relay1", check: "disk", subject: "", status, value }]]);
}

function found(status: FindingStatus, value = "now"): Map<string, Finding> {
  return new Map([[key, findingOf("relay1", "disk", status, { value })]]);
}

type Case = [
  what: string,
  known: ReadonlyMap<string, KnownFinding>,
  found: ReadonlyMap<string, Finding>,
  updates: string[],
];

const cases: Case[] = [
  ["is new", new Map(), found("ok"), ["appeared"]],
  ["is as it was", known("warning", "now"), found("warning"), []],
  ["is as bad as it was, by other numbers", known("warning"), found("warning"), ["reworded"]],
  ["is as good as it was, by other numbers", known("ok"), found("ok"), []],
  ["has changed", known("ok"), found("warning"), ["changed"]],
  ["is looked for again", known("gone"), found("ok"), ["changed"]],
  ["is missing", known("ok"), new Map(), ["gone"]],
  ["is missing still", known("gone"), new Map(), []],
];

describe("comparing a sweep with the history", () => {
  for (const [what, before, now, updates] of cases) {
    it(`gives ${updates[0] ?? "nothing"} for a finding that ${what}`, () => {
      const given = compareSweep(before, now, { isComplete: () => true });
      assertEquals(given.map(({ type }) => type), updates);
    });
  }

  it("gives nothing for one that is missing where nobody has looked", () => {
    assertEquals(compareSweep(known("ok"), new Map(), { isComplete: () => false }), []);
  });

  it("keeps the worst of what was said of one subject", () => {
    for (const order of [["ok", "critical", "warning"], ["warning", "critical", "ok"]] as const) {
      const said = order.map((status) => findingOf("relay1", "disk", status));
      const kept = keepable(said, storedKey);
      assertEquals([...keepable(said).keys()], said.slice(0, 1).map(findingKey));
      assertEquals([...kept].map(([id, { status }]) => [id, status]), [[key, "critical"]]);
    }
  });
});
