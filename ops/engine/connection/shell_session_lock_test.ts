import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { openLocalSession } from "../../../tests/support/local_session.ts";
import {
  commandLinesWith,
  processesWith,
  uniqueSleep,
} from "../../../tests/support/process_list.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { HostError, HostLockedError, UnreachableError } from "../errors.ts";
import type { HostLock } from "./host_lock.ts";

const what = "test";

describe("a host's lock", () => {
  let directory: string;

  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-lock-" });
  });

  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  function lock(overrides: Partial<HostLock> = {}): HostLock {
    const path = `${directory}/it's a $(lock)`;
    const owner = `o'neil"@laptop`;
    return { path, owner, command: "deploy", waitSeconds: 0, force: false, ...overrides };
  }

  function text(value: string): { length: number; stream: ReadableStream<Uint8Array> } {
    const blob = new Blob([value]);
    return { length: blob.size, stream: blob.stream() };
  }

  it("is taken with the first script, in one round trip, and kept for the others", async () => {
    await using session = await openLocalSession();
    const { code, stdout, stderr } = await session.run("echo first", { what, lock: lock() });
    assertEquals([code, stdout, stderr], [0, "first\n", ""]);
    assertEquals(session.traffic.roundTrips, 1);
    await session.run("echo second", { what, lock: lock() });
    await using other = await openLocalSession();
    await assertRejects(() => other.run(":", { what, lock: lock() }), HostLockedError);
  });

  it("says who has it and since when, and lets nothing run", async () => {
    const file = `${directory}/ran`;
    const lines: string[] = [];
    await using session = await openLocalSession();
    const pid = Number((await session.run("echo $$", { what, lock: lock() })).stdout);
    await using other = await openLocalSession();
    const options = { what, lock: lock(), onLine: (_: string, line: string) => lines.push(line) };
    const error = await other.run(`touch ${file}`, options).catch((reason) => reason);
    assert(error instanceof HostLockedError);
    assertEquals([error.host, error.code], ["local", "LOCKED"]);
    const { since, ...owner } = error.owner!;
    assertEquals(owner, { pid, owner: `o'neil"@laptop`, command: "deploy" });
    assert(Math.abs(Date.now() - Date.parse(since)) < 60_000);
    assert(error.message.includes('end it with "--force-unlock"'));
    // Who has the lock is no output of the script.
    assertEquals(lines, []);
    // The session that was refused can be used all the same.
    assertEquals((await other.run(`ls ${file}`, { what })).code, 2);
  });

  it("is free when the session that has it has ended, however", async () => {
    const first = await openLocalSession();
    const pid = (await first.run("echo $$", { what, lock: lock() })).stdout.trim();
    Deno.kill(Number(pid), "SIGKILL");
    await assertRejects(() => first.run(":", { what }), UnreachableError);
    await first[Symbol.asyncDispose]();
    {
      await using second = await openLocalSession();
      await second.run(":", { what, lock: lock() });
    }
    await using third = await openLocalSession();
    assertEquals((await third.run("echo free", { what, lock: lock() })).stdout, "free\n");
  });

  it("is not kept by what a script leaves behind", async () => {
    const daemon = uniqueSleep();
    {
      await using session = await openLocalSession();
      await session.run(`setsid ${daemon} >/dev/null 2>&1 &`, { what, lock: lock() });
      await waitFor(() => commandLinesWith(daemon).length > 0, "the daemon");
    }
    await using other = await openLocalSession();
    await other.run(`pkill -f '^${daemon}$'`, { what, lock: lock() });
  });

  it("can be waited for", async () => {
    const first = await openLocalSession();
    await first.run(":", { what, lock: lock() });
    await using second = await openLocalSession();
    const input = text("input");
    const run = second.run("cat", { what, lock: lock({ waitSeconds: 60 }), input });
    await waitFor(() => second.traffic.roundTrips > 0, "the first attempt");
    await first[Symbol.asyncDispose]();
    // The input is there for the attempt that succeeds.
    assertEquals((await run).stdout, "input");
  });

  it("is not waited for after an interruption", async () => {
    await using first = await openLocalSession();
    await first.run(":", { what, lock: lock() });
    await using second = await openLocalSession();
    const abort = new AbortController();
    const options = { what, lock: lock({ waitSeconds: 60 }), signal: abort.signal };
    const run = second.run(":", options);
    await waitFor(() => second.traffic.roundTrips > 0, "the first attempt");
    abort.abort(new Error("interrupted"));
    await assertRejects(() => run, Error, "interrupted");
  });

  it("can be taken by force, which ends the session that has it", async () => {
    const sleep = uniqueSleep();
    await using first = await openLocalSession();
    const run = first.run(sleep, { what, lock: lock() });
    await waitFor(() => commandLinesWith(sleep).length > 0, "the first script");
    await using second = await openLocalSession();
    const { stdout } = await second.run("echo mine", { what, lock: lock({ force: true }) });
    assertEquals(stdout, "mine\n");
    assertEquals(commandLinesWith(sleep), []);
    // Asked to end, as a signal's code says, unless the connection is gone before that is told.
    const end = await run.then(({ code }) => code, (error) => error);
    assert(end === 143 || end instanceof UnreachableError);
    await assertRejects(() => first.run(":", { what: "more" }), UnreachableError, '"more"');
    await using third = await openLocalSession();
    await assertRejects(() => third.run(":", { what, lock: lock() }), HostLockedError);
  });

  it("is taken by force only from the session that the file names", async () => {
    const sleep = uniqueSleep();
    await using first = await openLocalSession();
    await first.run(":", { what, lock: lock() });
    // Somebody else's process, under the number of the holder's.
    await using bystander = await openLocalSession();
    const run = bystander.run(sleep, { what });
    const { pid } = await waitFor(() => processesWith(sleep).at(0), "the bystander");
    const [fields] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").slice(1);
    const startedAt = fields!.split(" ")[19];
    const forged = { pid, startedAt, owner: "o", command: "c", since: "s" };
    Deno.writeTextFileSync(lock().path, `${JSON.stringify(forged)}\n`);
    await using second = await openLocalSession();
    const options = { what, lock: lock({ force: true }) };
    await assertRejects(() => second.run(":", options), HostLockedError);
    assertEquals(commandLinesWith(sleep), [sleep]);
    run.catch(() => {});
  });

  it("needs a place", async () => {
    await using session = await openLocalSession();
    const path = `${directory}/missing/lock`;
    await assertRejects(
      () => session.run(":", { what, lock: lock({ path }) }),
      HostError,
      `Cannot lock "local" as "${path}" must be writable`,
    );
    assertEquals((await session.run("echo on", { what })).stdout, "on\n");
  });
});
