import { dirname } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { after, before, beforeEach, describe, it } from "@std/testing/bdd";
import { HistoryDatabase } from "./history_database.ts";
import { Recorder, type RecorderLine, type RecorderOrder } from "./test_recorder.ts";

const startMs = 1_795_000_000_000;

describe("several processes with one history", () => {
  let directory: string;
  let path: string;
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-history-processes-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));
  beforeEach(() => path = `${directory}/${crypto.randomUUID()}/sweeps.db`);

  /** Names of hosts by how many findings of theirs there are; nothing of the file is broken. */
  function stored(): Record<string, number> {
    using database = new HistoryDatabase(path);
    assertEquals(database.rows("pragma integrity_check"), [["ok"]]);
    return Object.fromEntries(
      database.rows<[string, number]>("select host, count(*) from findings group by host"),
    );
  }

  function sweepCount(): number {
    using database = new HistoryDatabase(path);
    return database.rows<[number]>("select count(*) from sweeps")[0]![0];
  }

  /** What recorders of different hosts say that begin in the same moment. */
  async function recordAtOnce(
    order: Pick<RecorderOrder, "sweeps" | "findings">,
    hosts: readonly string[],
  ): Promise<RecorderLine[][]> {
    await using all = new AsyncDisposableStack();
    const recorders = hosts.map((host) =>
      all.use(new Recorder({ path, startMs, waits: true, host, ...order }))
    );
    await Promise.all(recorders.map((recorder) => recorder.next()));
    await Promise.all(recorders.map((recorder) => recorder.begin()));
    return await Promise.all(recorders.map((recorder) => recorder.all()));
  }

  it("keeps all sweeps of those that write at once, from the making of the file on", async () => {
    const lines = await recordAtOnce({ sweeps: 10, findings: 30 }, ["relay1", "relay2", "relay3"]);
    for (const told of lines) {
      assertEquals(told.flatMap(({ warnings }) => warnings), []);
      assertEquals(told.map(({ changes }) => changes), [30, ...Array(9).fill(0)]);
    }
    assertEquals(stored(), { relay1: 30, relay2: 30, relay3: 30 });
    assertEquals(sweepCount(), 30);
  });

  it("begins one new file for all that find it damaged at once", async () => {
    await recordAtOnce({ sweeps: 1, findings: 5 }, ["relay0"]);
    const damaged = Deno.readFileSync(path).fill(0x78, 100);
    Deno.writeFileSync(path, damaged);
    const lines = await recordAtOnce({ sweeps: 3, findings: 5 }, ["relay1", "relay2", "relay3"]);
    assertEquals(lines.map((told) => told.map(({ changes }) => changes)), [
      [5, 0, 0],
      [5, 0, 0],
      [5, 0, 0],
    ], JSON.stringify(lines));
    assertEquals(stored(), { relay1: 5, relay2: 5, relay3: 5 });
    const aside = [...Deno.readDirSync(dirname(path))].filter(({ name }) =>
      name.includes("damaged") && !/-(wal|shm)$/.test(name)
    );
    assertEquals(aside.map(({ name }) => Deno.readFileSync(`${dirname(path)}/${name}`)), [damaged]);
  });

  it("loses nothing but what was not yet written when a process is killed", async () => {
    const order = { path, startMs, host: "relay1", sweeps: 1, findings: 10 };
    {
      await using recorder = new Recorder(order);
      assertEquals(await recorder.all(), [{ changes: 10, warnings: [] }]);
    }
    {
      await using victim = new Recorder({ ...order, findings: 20_000, hangs: true });
      assert(await victim.next() !== undefined);
    }
    using database = new HistoryDatabase(path);
    assertEquals(database.rows("select name from hosts"), [["relay1"]]);
    await using recorder = new Recorder({ ...order, startMs: startMs + 5000 });
    assertEquals(await recorder.all(), [{ changes: 0, warnings: [] }]);
    assertEquals(stored(), { relay1: 10 });
    assertEquals(sweepCount(), 2);
  });

  it("goes on after processes that were killed at any moment", async () => {
    let told = 0;
    for (let round = 0; round < 4; round++) {
      await using victim = new Recorder({
        ...{ path, host: `relay${round}`, sweeps: 10_000, findings: 200 },
        startMs: startMs + round * 100_000_000,
      });
      for (let i = 0; i <= round; i++) {
        assertEquals((await victim.next())?.warnings, []);
        told++;
      }
    }
    assert(sweepCount() >= told, "what a process has told of must be in the file");
    assertEquals(Object.values(stored()), [200, 200, 200, 200]);
  });
});
