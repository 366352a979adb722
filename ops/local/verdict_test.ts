import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ServiceHealth } from "./health.ts";
import { judge, type Verdict } from "./verdict.ts";

const good: ServiceHealth = {
  active: true,
  ready: true,
  reason: null,
  release: "r",
  instance: "01",
  pid: 5,
  fingerprint: "f",
  restarts: 0,
  lastExit: null,
  since: null,
};
const crashed = { active: false, ready: false, reason: "it ended" };
const exit = (code: number): ServiceHealth["lastExit"] => ({ code, signal: null, at: "" });

const table: { what: string; change: Partial<ServiceHealth> | undefined; is: Verdict["kind"] }[] = [
  { what: "a program that is ready", change: {}, is: "done" },
  { what: "one that has crashed often but runs now", change: { restarts: 9 }, is: "done" },
  { what: "one that the supervisor does not know yet", change: undefined, is: "waiting" },
  { what: "the program before a restart", change: { fingerprint: "old" }, is: "waiting" },
  { what: "one that is not ready", change: { ready: false }, is: "waiting" },
  { what: "an answer of another release", change: { release: "old" }, is: "waiting" },
  { what: "a first crash", change: { ...crashed, lastExit: exit(1) }, is: "waiting" },
  {
    what: "the fourth crash",
    change: { ...crashed, restarts: 4, lastExit: exit(1) },
    is: "failed",
  },
  { what: "a wrong configuration", change: { ...crashed, lastExit: exit(2) }, is: "failed" },
  {
    what: "a wrong configuration that is not the latest",
    change: { ...crashed, fingerprint: "old", lastExit: exit(2) },
    is: "waiting",
  },
];

describe("judge", () => {
  for (const { what, change, is } of table) {
    it(`calls it ${is} for ${what}`, () => {
      const health = { other: good, ...(change && { relay: { ...good, ...change } }) };
      const expected = { relay: { fingerprint: "f", release: "r" } };
      assertEquals(judge(health, expected).kind, is);
    });
  }
});
