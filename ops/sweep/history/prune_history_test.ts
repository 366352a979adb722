import { assert, assertEquals } from "@std/assert";
import { after, before, beforeEach, describe, it } from "@std/testing/bdd";
import type { Finding } from "../finding.ts";
import { openHistory } from "./history.ts";
import { HistoryDatabase } from "./history_database.ts";
import { defaultRetention, type Retention } from "./prune_history.ts";
import { findingOf, sweepOf } from "./test_sweeps.ts";

const dayMs = 86_400_000;
const startMs = 1_795_000_000_000;

describe("pruning the history", () => {
  let directory: string;
  let path: string;
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-history-pruning-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));
  beforeEach(() => path = `${directory}/${crypto.randomUUID()}.db`);

  function record(
    atMs: number,
    findings: readonly Finding[],
    retention: Retention = defaultRetention,
  ): void {
    using history = openHistory(path, {
      retention,
      warn: (text) => {
        throw new Error(text);
      },
    });
    const hosts = [...new Set(findings.map(({ host }) => host!))];
    history.record(sweepOf({ atMs, hosts, findings }), { isWhole: true, nowMs: atMs });
  }

  function rows(table: string): number {
    using database = new HistoryDatabase(path);
    return database.rows<[number]>(`select count(*) from ${table}`)[0]![0];
  }

  it("forgets sweeps after 30 days, and changes and hosts that have left after 90", () => {
    const web = { subject: "service web" };
    record(startMs, [
      findingOf("relay1", "disk", "warning"),
      findingOf("relay1", "tunnel-probe", "ok", web),
      findingOf("old", "disk", "warning"),
    ]);
    const now = [
      findingOf("relay1", "disk", "ok"),
      findingOf("relay1", "tunnel-probe", "ok", web),
    ];
    const counts = [1, 29, 31, 89, 92].map((days) => {
      record(startMs + days * dayMs, now);
      return ["sweeps", "past_states", "findings", "hosts", "service_states"].map(rows);
    });
    assertEquals(counts, [
      [2, 2, 3, 3, 2],
      [3, 2, 3, 3, 3],
      [3, 2, 3, 3, 4],
      [1, 2, 3, 3, 5],
      // What is still so stays, however long it has been.
      [2, 0, 2, 2, 4],
    ]);
  });

  it("remembers a bounded number of what a host has named and not named again", () => {
    for (let i = 0; i < 8; i++) {
      record(startMs + i * 300_000, [
        findingOf("relay1", "disk", "ok"),
        ...Array.from(
          { length: 250 },
          (_, n) => findingOf("relay1", "disk", "critical", { subject: `/mount-${i}-${n}` }),
        ),
      ]);
    }
    assertEquals([rows("findings"), rows("past_states")], [1251, 1000]);
  });

  it("keeps less time when there is too much, and gives the room back", () => {
    const retention = { ...defaultRetention, maxBytes: 1_000_000 };
    const findings = (i: number): Finding[] =>
      Array.from(
        { length: 300 },
        (_, n) =>
          findingOf("relay1", `check-${n}`, i % 2 === 0 ? "warning" : "critical", {
            value: `${i}`.repeat(50),
          }),
      );
    for (let i = 0; i < 60; i++) record(startMs + i * dayMs, findings(i), retention);
    const { size } = Deno.statSync(path);
    assert(size <= 1_100_000, `${size} bytes`);
    assertEquals(rows("findings"), 300);
    assert(rows("past_states") >= 300, "the last change is known");
    record(startMs + 60 * dayMs, findings(59), { ...retention, statesMs: 1 });
    const { size: less } = Deno.statSync(path);
    assert(less < size / 2, `${less} bytes of ${size}`);
  });
});
