import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { programFacts, releaseFacts } from "../facts/test_program_facts.ts";
import { onlyVerdict, statuses, testView } from "../test_view.ts";
import { release, releaseAge, unfinishedRun } from "./release.ts";

const nowMs = 1_800_000_000_050;
const clock = { nowMs, bootId: "b" };
const day = 86_400_000;

describe("the check of the release", () => {
  const facts = { releases: releaseFacts(), programs: { relay: programFacts() } };

  it("finds a host well that has the wanted one, and whose programs run it", () => {
    const well = [["", "ok"], ["relay", "ok"]];
    assertEquals(statuses(release, { facts, wantedRelease: "1.0.0-aaa" }), well);
    assertEquals(statuses(release, { facts }), well, "also when nobody knows which is wanted");
  });

  it("warns of another than the fleet's", () => {
    const [verdict] = release.evaluate(
      testView({ facts, wantedRelease: "2.0.0-bbb" }),
    );
    assertEquals(verdict?.status, "warning");
    assertEquals(verdict?.value, "has 1.0.0-aaa, the fleet's is 2.0.0-bbb");
  });

  it("warns of a program that still runs an earlier one", () => {
    const old = { relay: programFacts({ release: "0.9.0-old" }) };
    const found = release.evaluate(testView({ facts: { ...facts, programs: old } }));
    assertEquals(found.map(({ status }) => status), ["ok", "warning"]);
    assertMatch(found[1]!.remedy, /deno task restart/);
  });

  it("finds a host critical that has none", () => {
    const releases = releaseFacts({ current: null });
    assertEquals(statuses(release, { facts: { releases } }), [["", "critical"]]);
  });
});

describe("the check of the release's age", () => {
  const aged = (days: number): Parameters<typeof onlyVerdict>[1] => ({
    facts: { clock, releases: releaseFacts({ switchedMs: nowMs - days * day }) },
  });

  for (const [days, status] of [[1, "ok"], [180, "warning"], [730, "critical"]] as const) {
    it(`is ${status} after ${days} days`, () => {
      const { status: found, measure } = onlyVerdict(releaseAge, aged(days));
      assertEquals([found, measure?.value], [status, days * 86_400]);
    });
  }

  it("names the version of Deno, and what to do", () => {
    const { value, remedy } = onlyVerdict(releaseAge, aged(200));
    assertMatch(value, /^switched to 200 days ago, Deno 2\.9\.6/);
    assertMatch(remedy, /deno task deploy/);
  });

  it("says nothing of a release that was never switched to", () => {
    const facts = { clock, releases: releaseFacts({ switchedMs: null }) };
    assertEquals(statuses(releaseAge, { facts }), []);
  });
});

describe("the check of unfinished runs", () => {
  const drift = { parts: [], pendingHandlers: [] };
  const releases = releaseFacts({ unconfirmed: true });

  it("finds a host well on which none was cut off", () => {
    assertEquals(statuses(unfinishedRun, { drift, facts: { releases: releaseFacts() } }), [
      ["", "ok"],
    ]);
  });

  it("warns of a deploy that was never found good", () => {
    const { status, remedy } = onlyVerdict(unfinishedRun, { drift, facts: { releases } });
    assertEquals(status, "warning");
    assertMatch(remedy, /deno task deploy .*deno task rollback/);
  });

  it("warns of handlers that are still due", () => {
    const pending = { parts: [], pendingHandlers: ["restart the relay", "reload systemd"] };
    const verdict = onlyVerdict(unfinishedRun, {
      drift: pending,
      facts: { releases: releaseFacts() },
    });
    assertEquals(
      verdict.value,
      "a run was cut off before it could restart the relay, reload systemd",
    );
  });

  it("waits for whoever is at work", () => {
    const facts = { releases, work: { worker: "alice@laptop (deploy)" } };
    assertEquals(statuses(unfinishedRun, { drift, facts }), [["", "ok"]]);
  });
});
