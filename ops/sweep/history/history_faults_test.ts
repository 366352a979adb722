import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, beforeEach, describe, it } from "@std/testing/bdd";
import { DatabaseSync } from "node:sqlite";
import { skipIf } from "../../../tests/support/required_tests.ts";
import { canMount, SmallDisk, smallDiskMount } from "../../../tests/support/small_disk.ts";
import { openHistory, type SweepChanges } from "./history.ts";
import { HistoryDatabase } from "./history_database.ts";
import { Recorder, type RecorderLine, type RecorderOrder } from "./test_recorder.ts";
import { findingOf, sweepOf } from "./test_sweeps.ts";

const startMs = 1_795_000_000_000;

describe("a sweep whose history can't be kept", () => {
  let directory: string;
  let path: string;
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-history-faults-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));
  beforeEach(() => path = `${directory}/${crypto.randomUUID()}/sweeps.db`);

  let sweeps = 0;
  /** What a sweep does with its history. */
  function sweep(
    file: string,
    findings = 1,
  ): { readonly warnings: readonly string[]; readonly changes: SweepChanges | undefined } {
    const warnings: string[] = [];
    using history = openHistory(file, { warn: (text) => warnings.push(text), busyTimeoutMs: 20 });
    assert(history.before() instanceof Map);
    const atMs = startMs + 1000 * sweeps++;
    const changes = history.record(
      sweepOf({
        ...{ atMs, hosts: ["relay1"] },
        findings: Array.from(
          { length: findings },
          (_, i) =>
            findingOf("relay1", `check-${i}`, "critical", { value: `${sweeps} `.repeat(20) }),
        ),
      }),
      { isWhole: true, nowMs: atMs },
    );
    history.recent(3);
    history.uptime(atMs);
    return { warnings, changes };
  }

  /** That the file holds `count` sweeps, and nothing is broken in it. */
  function assertHolds(file: string, count: number): void {
    using database = new HistoryDatabase(file);
    assertEquals(database.rows("select count(*) from sweeps"), [[count]]);
    assertEquals(database.rows("pragma integrity_check"), [["ok"]]);
  }

  it("goes on without one where there can be no file", () => {
    Deno.writeTextFileSync(`${directory}/occupied`, "");
    const { warnings, changes } = sweep(`${directory}/occupied/sweeps.db`);
    assertEquals(changes, undefined);
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0]!, /^Cannot use the history of sweeps as .*\/occupied\/sweeps\.db/);
  });

  it("waits no longer than it should for another process, and then goes on without", () => {
    sweep(path);
    {
      using other = new HistoryDatabase(path);
      other.write(() => {
        const { warnings, changes } = sweep(path);
        assertEquals(changes, undefined);
        assertStringIncludes(warnings.join("\n"), "look for a sweep that hangs");
      });
    }
    const { warnings, changes } = sweep(path);
    assertEquals([warnings, changes?.previousSweepMs], [[], startMs + 1000 * (sweeps - 3)]);
    assertHolds(path, 2);
  });

  it("does not touch the history of a newer version", () => {
    sweep(path);
    edit(
      path,
      "pragma user_version = 99; create table future (a) strict".replace("(a)", "(a any)"),
    );
    const bytes = Deno.readFileSync(path);
    const { warnings, changes } = sweep(path);
    assertEquals(changes, undefined);
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0]!, /version must be \d+ at most: current value is 99/);
    assertEquals(Deno.readFileSync(path), bytes);
  });

  it("does not touch another program's database", () => {
    Deno.mkdirSync(path.replace(/\/[^/]*$/, ""));
    edit(path, "create table theirs (a any) strict");
    const bytes = Deno.readFileSync(path);
    const { warnings, changes } = sweep(path);
    assertEquals(changes, undefined);
    assertMatch(warnings.join("\n"), /another program's database/);
    assertEquals(Deno.readFileSync(path), bytes);
  });

  const damages: [what: string, damage: (bytes: Uint8Array<ArrayBuffer>) => void][] = [
    ["is no database", (bytes) => bytes.fill(0x78)],
    ["has lost its first page", (bytes) => bytes.fill(0, 0, 4096)],
    ["has other bytes in all pages but the first", (bytes) => bytes.fill(0x78, 4096)],
  ];
  for (const [what, damage] of damages) {
    it(`begins a new one when the file ${what}, and keeps that`, () => {
      sweep(path, 20);
      const bytes = Deno.readFileSync(path);
      damage(bytes);
      Deno.writeFileSync(path, bytes);
      const { warnings, changes } = sweep(path);
      assertEquals(changes?.previousSweepMs, undefined);
      assertEquals(changes?.changes.map(({ kind }) => kind), ["new"]);
      assertEquals(warnings.length, 2, warnings.join("\n"));
      const [, aside] = /is now "(.*)"; a new one begins$/.exec(warnings[1]!) ?? [];
      assertEquals(Deno.readFileSync(aside!), bytes);
      assertHolds(path, 1);
    });
  }

  const noMounts = skipIf(!canMount(), "file systems can't be mounted: run them as root on Linux");
  describe("on a disk of its own", { skip: noMounts }, () => {
    it("goes on without one where nothing may be written", async () => {
      await using disk = await SmallDisk.make("size=1m");
      assertEquals(await sweepOn(disk), { changes: 1, warnings: [] });
      await within(disk, "mount", "-o", "remount,ro", smallDiskMount);
      for (const path of [`${smallDiskMount}/sweeps.db`, `${smallDiskMount}/other/sweeps.db`]) {
        const { changes, warnings } = await sweepOn(disk, { path });
        assertEquals([changes, warnings.length], [null, 1], path);
        assertMatch(warnings[0]!, /^Cannot use the history of sweeps as its file must be/);
      }
    });

    it("goes on without one on a full disk, and keeps what there was", async () => {
      await using disk = await SmallDisk.make("size=400k");
      assertEquals(await sweepOn(disk), { changes: 1, warnings: [] });
      const { changes, warnings } = await sweepOn(disk, { findings: 5000 });
      assertEquals(changes, null);
      assertStringIncludes(warnings.join("\n"), "room on that disk");
      assertEquals(await sweepOn(disk, { findings: 2 }), { changes: 1, warnings: [] });
      Deno.copyFileSync(`${disk.path}/sweeps.db`, `${directory}/full.db`);
      assertHolds(`${directory}/full.db`, 2);
    });
  });

  /** A sweep by a process that sees the disk as its `/tmp`. */
  async function sweepOn(
    disk: SmallDisk,
    order: Partial<RecorderOrder> = {},
  ): Promise<RecorderLine> {
    const whole = {
      path: `${smallDiskMount}/sweeps.db`,
      host: "relay1",
      sweeps: 1,
      findings: 1,
      ...order,
    };
    await using recorder = new Recorder(
      { ...whole, startMs: startMs + 1000 * sweeps++ },
      ["nsenter", namespaceOf(disk)],
    );
    const line = await recorder.next();
    assertEquals(await recorder.next(), undefined);
    return line!;
  }
});

function edit(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

async function within(disk: SmallDisk, ...command: readonly string[]): Promise<void> {
  const args = [namespaceOf(disk), ...command];
  const { success } = await new Deno.Command("nsenter", { args }).output();
  assert(success);
}

/** What `nsenter` needs: SQLite resolves the path through `/proc`, to a file of ours. */
function namespaceOf({ path }: SmallDisk): string {
  const [, , holder] = path.split("/");
  return `--mount=/proc/${holder}/ns/mnt`;
}
