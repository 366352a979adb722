import { dirname } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { after, afterEach, before, beforeEach, describe, it } from "@std/testing/bdd";
import { findingKey, type FindingStatus } from "../finding.ts";
import { openHistory, type SweepHistory } from "./history.ts";
import { HistoryDatabase } from "./history_database.ts";
import { flappingRule } from "./flapping.ts";
import { findingOf, sweepOf, type TestSweep } from "./test_sweeps.ts";

const minuteMs = 60_000;
const startMs = 1_795_000_000_000;

describe("the history of sweeps", () => {
  let directory: string;
  let path: string;
  let history: SweepHistory;
  const warnings: string[] = [];
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-history-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));
  beforeEach(() => {
    path = `${directory}/${crypto.randomUUID()}/sweeps.db`;
    history = openHistory(path, { warn: (text) => warnings.push(text) });
  });
  afterEach(() => {
    history[Symbol.dispose]();
    assertEquals(warnings.splice(0), []);
  });

  function record(sweep: Partial<TestSweep>, isWhole = true): Record<string, unknown> {
    const full = sweepOf({ atMs: startMs, hosts: ["relay1", "relay2"], findings: [], ...sweep });
    const found = history.record(full, { isWhole, nowMs: full.result.startedMs })!;
    return {
      ...found,
      changes: found.changes.map(({ kind, finding: { host, check, status } }) =>
        `${kind} ${host} ${check} ${status}`
      ),
    };
  }
  const at = (minutes: number): number => startMs + minutes * minuteMs;
  const disk = (status: "ok" | "warning" | "critical") => [findingOf("relay1", "disk", status)];

  it("tells what is new, worse, better and solved since the sweep before", () => {
    const statuses = ["ok", "warning", "critical", "warning", "ok", "critical"] as const;
    const told = statuses.map((status, i) => record({ atMs: at(i), findings: disk(status) }));
    assertEquals(told.map(({ changes }) => changes), [
      [],
      ["new relay1 disk warning"],
      ["worse relay1 disk critical"],
      ["better relay1 disk warning"],
      ["solved relay1 disk ok"],
      ["new relay1 disk critical"],
    ]);
    assertEquals(told.map(({ previousSweepMs }) => previousSweepMs), [
      undefined,
      ...[0, 1, 2, 3, 4].map(at),
    ]);
  });

  it("takes every problem of the first sweep for new", () => {
    const { changes, previousSweepMs } = record({ findings: disk("critical") });
    assertEquals({ changes, previousSweepMs }, {
      changes: ["new relay1 disk critical"],
      previousSweepMs: undefined,
    });
  });

  it("keeps since when a problem is as it is, whatever its numbers", () => {
    const [finding] = disk("warning");
    const key = findingKey(finding!);
    record({ atMs: at(0), findings: disk("ok") });
    for (const minutes of [5, 10]) {
      const findings = [{ ...finding!, value: `${minutes} % free` }];
      const { since } = record({ atMs: at(minutes), findings });
      assertEquals(since, new Map([[key, at(5)]]));
    }
    const { since } = record({ atMs: at(15), findings: disk("critical") });
    assertEquals(since, new Map([[key, at(15)]]));
  });

  it("tells of a problem that nobody looks for any more", () => {
    record({ findings: disk("critical") });
    assertEquals(record({ atMs: at(5) }).changes, ["gone relay1 disk critical"]);
    assertEquals(record({ atMs: at(10) }).changes, []);
    assertEquals(record({ atMs: at(15), findings: disk("critical") }).changes, [
      "new relay1 disk critical",
    ]);
  });

  it("knows nothing new of hosts that have not answered, or only in part", () => {
    record({ findings: disk("critical") });
    assertEquals(record({ atMs: at(5), silent: ["relay1"] }).changes, []);
    assertEquals(record({ atMs: at(10), unreadable: ["relay1"] }).changes, []);
    assertEquals(record({ atMs: at(15), hosts: ["relay2"] }, false).changes, []);
    assertEquals(record({ atMs: at(20), findings: disk("ok") }).changes, ["solved relay1 disk ok"]);
  });

  it("knows nothing new of what a check has not looked at", () => {
    record({ findings: disk("critical") });
    assertEquals(record({ atMs: at(5), partialChecks: ["disk"] }).changes, []);
    assertEquals(record({ atMs: at(10), partialChecks: ["load"] }).changes, [
      "gone relay1 disk critical",
    ]);
  });

  it("takes a host that a sweep of the whole fleet leaves out for gone", () => {
    record({ findings: disk("critical") });
    assertEquals(record({ atMs: at(5), hosts: ["relay2"] }).changes, ["gone relay1 disk critical"]);
  });

  it("takes a fleet's finding for gone only by a sweep of the whole fleet", () => {
    record({ findings: [findingOf(null, "plan", "warning")] });
    assertEquals(record({ atMs: at(5) }, false).changes, []);
    assertEquals(record({ atMs: at(10) }).changes, ["gone null plan warning"]);
  });

  it("lets a sweep that began earlier and ended later change nothing", () => {
    record({ atMs: at(0), findings: disk("critical") });
    record({ atMs: at(5), findings: disk("ok") });
    const slow = sweepOf({ atMs: at(4), hosts: ["relay1"], findings: disk("critical") });
    assertEquals(history.record(slow, { isWhole: true, nowMs: at(6) })?.changes, []);
    assertEquals(record({ atMs: at(10), findings: disk("ok") }).changes, []);
  });

  it("goes on after a sweep by a clock that was ahead", () => {
    record({ atMs: at(10_000), findings: disk("ok") });
    const back = sweepOf({ atMs: at(5), hosts: ["relay1"], findings: disk("critical") });
    const told = history.record(back, { isWhole: true, nowMs: at(5) });
    assertEquals(told?.changes.map(({ kind }) => kind), ["new"]);
    assertEquals(record({ atMs: at(6), findings: disk("ok") }).changes, ["solved relay1 disk ok"]);
    using database = new HistoryDatabase(path);
    const spans = database.rows<[number]>("select until_ms - since_ms from past_states");
    assertEquals(spans.filter(([ms]) => ms < 0), []);
  });

  it("says which findings change too often", () => {
    const told = Array.from(
      { length: flappingRule.changes + 1 },
      (_, i) =>
        record({ atMs: at(i * 5), findings: disk(i % 2 === 0 ? "ok" : "warning") }).flapping,
    );
    const key = findingKey(disk("ok")[0]!);
    assertEquals((told.at(-2) as Map<string, unknown>).size, 0);
    assertEquals(
      [...(told.at(-1) as Map<string, { changes: number }>)].map(
        ([found, { changes }]) => [found, changes],
      ),
      [[key, flappingRule.changes]],
    );
    const later = startMs + flappingRule.windowMs + 60 * minuteMs;
    assertEquals(record({ atMs: later, findings: disk("ok") }).flapping, new Map());
  });

  it("takes a finding that is not always looked for for no flapping one", () => {
    const told = Array.from(
      { length: 9 },
      (_, i) => record({ atMs: at(i * 5), findings: i % 2 === 0 ? disk("warning") : [] }).flapping,
    );
    assertEquals(told, told.map(() => new Map()));
  });

  it("does not say that a finding flaps that is gone", () => {
    for (let i = 0; i < 6; i++) {
      record({ atMs: at(i * 5), findings: disk(i % 2 === 0 ? "ok" : "warning") });
    }
    assertEquals(record({ atMs: at(30) }).flapping, new Map());
  });

  it("gives the next sweep what hosts have told, as far as that is wanted", () => {
    const clock = { nowMs: 5, bootId: "boot" };
    record({ facts: { clock } });
    record({ atMs: at(5), silent: ["relay2"], facts: { clock: { ...clock, nowMs: 6 } } });
    history[Symbol.dispose]();
    assertEquals(
      history.before(),
      new Map([
        ["relay1", { facts: { clock: { ...clock, nowMs: 6 } }, askedMs: at(5) }],
        ["relay2", { facts: { clock }, askedMs: at(0) }],
      ]),
    );
  });

  it("leaves out what another version has kept in another form", () => {
    record({ facts: { clock: { nowMs: 5, bootId: "boot" } } });
    const kept = ['{"clock":{"nowMs":"5"}}', "[", "7", '{"__proto__":1,"other":{}}', ""];
    for (const facts of kept) {
      using database = new HistoryDatabase(path);
      database.write(() => database.run("update hosts set facts = ?", facts));
      assertEquals(history.before().get("relay1"), { facts: {}, askedMs: startMs }, facts);
    }
  });

  it("shows how hosts were at the last sweeps", () => {
    const statuses = ["ok", "critical", "ok", "warning"] as const;
    for (const [i, status] of statuses.entries()) {
      record({
        atMs: at(i),
        findings: [
          ...disk(status),
          findingOf("relay1", "load", "ok"),
          ...i >= 2 ? [findingOf("relay2", "load", "ok")] : [],
        ],
      });
    }
    assertEquals(history.recent(3), {
      startsMs: [1, 2, 3].map(at),
      hosts: new Map<string | null, (FindingStatus | null)[]>([
        ["relay1", ["critical", "ok", "warning"]],
        ["relay2", [null, "ok", "ok"]],
      ]),
    });
  });

  it("is for nobody else", () => {
    record({});
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    Deno.chmodSync(path, 0o644);
    history[Symbol.dispose]();
    record({ atMs: at(5) });
    for (const { name } of Deno.readDirSync(dirname(path))) {
      assertEquals((Deno.statSync(`${dirname(path)}/${name}`).mode ?? 0) & 0o077, 0, name);
    }
    assert(Deno.statSync(`${path}-wal`).isFile);
  });

  it("keeps texts of any length and with any characters", () => {
    const odd = ["\0", "\ud800", "x".repeat(100_000), "'; drop table sweeps; --", "日本"];
    const findings = odd.map((text) =>
      findingOf("relay1", "odd", "critical", { subject: text, value: text, remedy: text })
    );
    assertEquals((record({ findings }).since as Map<string, number>).size, odd.length);
    assertEquals(record({ atMs: at(5), findings }).changes, []);
  });
});
