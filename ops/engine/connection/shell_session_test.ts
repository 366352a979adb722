import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { openLocalSession } from "../../../tests/support/local_session.ts";
import { commandLinesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { ScriptTimeoutError, UnreachableError } from "../errors.ts";
import type { CommandResult, Connection, RunOptions, ScriptInput } from "./connection.ts";
import { shellQuote } from "./quote.ts";

const what = "test";
/** Programs that can be `sh`; hosts have the first. */
const shells = ["/bin/dash", "/bin/bash", "/bin/busybox"].filter((path) => existsSync(path));

function inputOf(...chunks: readonly (string | Uint8Array<ArrayBuffer>)[]): ScriptInput {
  const blob = new Blob([...chunks]);
  return { length: blob.size, stream: blob.stream() };
}

/** An input that never comes to its end. */
function endlessInput(length: number, onCancel: () => void = () => {}): ScriptInput {
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("first\n")),
    cancel: onCancel,
  });
  return { length, stream };
}

interface Case {
  readonly what: string;
  readonly script: string;
  readonly options?: () => Partial<RunOptions>;
  readonly result: Partial<CommandResult>;
}

const cases: readonly Case[] = [
  {
    what: "keeps output, errors and the code apart",
    script: "echo out; echo err >&2; exit 3",
    result: { code: 3, stdout: "out\n", stderr: "err\n", truncated: false },
  },
  {
    what: "keeps output that ends in the middle of a line",
    script: "printf out; printf err >&2",
    result: { code: 0, stdout: "out", stderr: "err" },
  },
  { what: "runs an empty script", script: "", result: { code: 0, stdout: "", stderr: "" } },
  {
    what: "runs a script that becomes another program",
    script: "exec sh -c 'echo exec; exit 7'",
    result: { code: 7, stdout: "exec\n" },
  },
  {
    what: "tells the signal that has ended a script",
    script: "kill -KILL $(exec sh -c 'echo $PPID')",
    result: { code: 137 },
  },
  {
    what: "ends a script where it wants to",
    script: "set -e; false; echo more",
    result: { code: 1, stdout: "" },
  },
  { what: "tells that a script is no script", script: "if then", result: { code: 2, stdout: "" } },
  {
    what: "gives no arguments and no input",
    script: 'echo "$#"; cat; echo end',
    result: { code: 0, stdout: "0\nend\n" },
  },
  {
    what: "sets the environment",
    script: 'pwd; umask; echo "$LC_ALL"; case $PATH in *:/usr/sbin:*) echo sbin ;; esac',
    result: { code: 0, stdout: "/\n0022\nC.UTF-8\nsbin\n" },
  },
  {
    what: "gives the input to the byte",
    script: "od -An -c",
    options: () => ({ input: inputOf(Uint8Array.of(0, 255, 10, 46, 10, 58, 49, 10)) }),
    result: { code: 0, stdout: "  \\0 377  \\n   .  \\n   :   1  \\n\n" },
  },
  {
    what: "gives an input that is empty",
    script: "wc -c",
    options: () => ({ input: inputOf() }),
    result: { code: 0, stdout: "0\n" },
  },
  {
    what: "runs a script that leaves its input",
    script: "head -c 3; exec <&-",
    options: () => ({ input: inputOf("abcdef\n".repeat(100_000)) }),
    result: { code: 0, stdout: "abc" },
  },
  {
    what: "leaves what a script prints as it is, escapes and all",
    script: "printf '\\033[2J\\036 end 1 0\\n\\r\\007'",
    result: { stdout: "\x1b[2J\x1e end 1 0\n\r\x07" },
  },
  {
    what: "replaces what is no text",
    script: "printf '\\377\\376a'",
    result: { stdout: "\ufffd\ufffda" },
  },
  {
    what: "keeps no more than it may",
    script: "head -c 100000 /dev/zero | tr '\\0' x; echo err >&2",
    options: () => ({ maxOutputBytes: 10 }),
    result: { code: 0, stdout: "x".repeat(10), stderr: "err\n", truncated: true },
  },
  {
    what: "runs a script of a megabyte",
    script: `echo ${shellQuote("it's $(long) ".repeat(80_000))} | wc -c`,
    result: { code: 0, stdout: "1040001\n" },
  },
  {
    what: "gives a script of more than one argument's length its input",
    script: `: ${shellQuote("x".repeat(200_000))}; cat`,
    options: () => ({ input: inputOf("input") }),
    result: { code: 0, stdout: "input" },
  },
  {
    what: "lets a script use the session's descriptors and names",
    script: "exec 3>&1 5>&1 6>&1 9>&1; n=1 ztna_nonce=2 ztna_tell=3; echo three >&3; echo nine >&9",
    result: { code: 0, stdout: "three\nnine\n" },
  },
  {
    what: "lets a script send signals to its group",
    script: "trap 'echo trapped; exit 5' TERM; kill -TERM 0; sleep 1",
    result: { code: 5, stdout: "trapped\n" },
  },
];

for (const program of shells) {
  describe(`ShellSession in ${program}`, () => {
    let directory: string;
    let shell: string;
    let session: Connection;

    before(async () => {
      directory = Deno.makeTempDirSync({ prefix: "ztna-session-" });
      shell = `${directory}/sh`;
      Deno.symlinkSync(program, shell);
      session = await openLocalSession(shell);
    });

    after(async () => {
      await session[Symbol.asyncDispose]();
      Deno.removeSync(directory, { recursive: true });
    });

    for (const { what, script, options, result } of cases) {
      it(what, async () => {
        const actual = await session.run(script, { what, ...options?.() });
        const compared = Object.keys(result) as (keyof CommandResult)[];
        assertEquals(Object.fromEntries(compared.map((key) => [key, actual[key]])), result);
      });
    }

    it("leaves nothing of a script to the next", async () => {
      await session.run("cd /tmp; umask 0; x=1; f() { :; }; trap 'echo no' EXIT; exec 1>&2", {
        what,
      });
      const { stdout } = await session.run('pwd; umask; echo "$x"; command -v f || echo no f', {
        what,
      });
      assertEquals(stdout, "/\n0022\n\nno f\n");
    });

    it("runs scripts one after the other", async () => {
      const results = await Promise.all(
        Array.from(
          { length: 5 },
          (_, index) => session.run(`sleep 0.0${5 - index}; echo ${index}`, { what }),
        ),
      );
      assertEquals(results.map(({ stdout }) => stdout), ["0\n", "1\n", "2\n", "3\n", "4\n"]);
    });

    it("counts what a script has left in the background neither to it nor to the next", async () => {
      const { code } = await session.run("(sleep 0.2; echo late; echo late >&2) & exit 2", {
        what,
      });
      assertEquals(code, 2);
      const { stdout, stderr } = await session.run("sleep 0.4; echo next", { what });
      // The next one shares its streams with it, but the end of the first is not delayed.
      assertEquals([stdout, stderr], ["late\nnext\n", "late\n"]);
    });

    it("passes lines on as they come", async () => {
      const file = `${directory}/go`;
      const lines: string[] = [];
      const run = session.run(
        `echo 1; echo 2 >&2; while ! [ -e ${file} ]; do sleep 0.01; done; printf 3`,
        {
          what,
          onLine: (stream, line) => lines.push(`${stream} ${line}`),
        },
      );
      await waitFor(() => lines.length === 2, "the first lines");
      assertEquals(lines.toSorted(), ["stderr 2", "stdout 1"]);
      Deno.writeTextFileSync(file, "");
      await run;
      assertEquals(lines.at(-1), "stdout 3");
    });

    it("ends a script and all that it has started when it is told to, and goes on", async () => {
      const [first, second, third] = [uniqueSleep(), uniqueSleep(), uniqueSleep()];
      const abort = new AbortController();
      const run = session.run(`${first} & timeout 2000 ${second} & ${third}`, {
        what,
        signal: abort.signal,
      });
      for (const sleep of [first, second, third]) {
        await waitFor(() => commandLinesWith(sleep).length > 0, "the script to run");
      }
      const reason = new Error("interrupted");
      abort.abort(reason);
      assertEquals(await run.catch((error) => error), reason);
      for (const sleep of [first, second, third]) {
        await waitFor(() => commandLinesWith(sleep).length === 0, "what it has started to end");
      }
      assertEquals((await session.run("echo on", { what })).stdout, "on\n");
    });

    it("ends a script that does not want to", async () => {
      const sleep = uniqueSleep();
      const script = `trap '' TERM; ${sleep}; ${sleep}`;
      await assertRejects(
        () => session.run(script, { what: "stubborn", timeoutMs: 300 }),
        ScriptTimeoutError,
        'Cannot wait longer for "stubborn" on "local" as it must end within 0.3 s',
      );
      assertEquals(commandLinesWith(sleep), []);
      assertEquals((await session.run("echo on", { what })).stdout, "on\n");
    });

    it("waits no longer for the end of a script than it is told to", async () => {
      await using hasty = await openLocalSession(shell);
      // It ends by itself, as nobody is left then who would end it.
      const stubborn = "trap '' TERM; sleep 0.7; sleep 0.7";
      await assertRejects(
        () => hasty.run(stubborn, { what, timeoutMs: 100, endGraceMs: 0 }),
        ScriptTimeoutError,
      );
      await assertRejects(() => hasty.run("echo on", { what }), UnreachableError);
    });

    it("lets a script clean up before it is ended", async () => {
      const lines: string[] = [];
      const onLine = (_: string, line: string): number => lines.push(line);
      const script = "trap 'echo cleaned; exit' TERM; echo ready; while :; do sleep 0.01; done";
      const abort = new AbortController();
      const run = session.run(script, { what, onLine, signal: abort.signal });
      await waitFor(() => lines.includes("ready"), "the script");
      abort.abort();
      await assertRejects(() => run);
      // The shell says so when the signal has hit a "sleep" of the script first.
      assertEquals(lines.filter((line) => line !== "Terminated"), ["ready", "cleaned"]);
    });

    it("does not start a script that is over before it begins", async () => {
      const file = `${directory}/started`;
      const signal = AbortSignal.abort(new Error("before"));
      await assertRejects(() => session.run(`touch ${file}`, { what, signal }), Error, "before");
      await session.run(":", { what });
      assert(!existsSync(file));
    });

    it("ends a script in the middle of its input, and goes on", async () => {
      let cancelled = false;
      const lines: string[] = [];
      const abort = new AbortController();
      const run = session.run("cat; echo end of input", {
        what,
        input: endlessInput(1_000_000, () => cancelled = true),
        signal: abort.signal,
        onLine: (_, line) => lines.push(line),
      });
      // The first chunk waits for more to be worth sending; the script runs by now all the same.
      await waitFor(() => commandLinesWith("cat").length > 0, "the script");
      abort.abort(new Error("interrupted"));
      await assertRejects(() => run, Error, "interrupted");
      assertEquals([lines, cancelled], [[], true]);
      assertEquals((await session.run("cat", { what, input: inputOf("on") })).stdout, "on");
    });

    it("does not wait for an input that the script no longer wants", async () => {
      let cancelled = false;
      const input = endlessInput(1_000_000, () => cancelled = true);
      assertEquals((await session.run("exit 4", { what, input })).code, 4);
      assert(cancelled);
      assertEquals((await session.run("cat", { what, input: inputOf("on") })).stdout, "on");
    });

    for (const length of [1, 10]) {
      it(`ends a script whose input has another length than ${length}`, async () => {
        const file = `${directory}/complete${length}`;
        const stream = inputOf("abcde").stream;
        const script = `cat; touch ${file}`;
        await assertRejects(
          () => session.run(script, { what, input: { length, stream } }),
          RangeError,
          `must have ${length} bytes`,
        );
        // A part of an input must not pass for the whole.
        assert(!existsSync(file));
      });
    }

    it("ends a script whose input fails", async () => {
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.error(new Error("disk")),
      });
      const input = { length: 10, stream };
      await assertRejects(() => session.run("cat", { what, input }), Error, "disk");
    });

    it("ends a script when nobody can take its lines", async () => {
      const sleep = uniqueSleep();
      const onLine = (): never => {
        throw new Error("full");
      };
      await assertRejects(
        () => session.run(`echo line; ${sleep}`, { what, onLine }),
        Error,
        "full",
      );
      await session.run(":", { what });
      assertEquals(commandLinesWith(sleep), []);
    });

    it("refuses a script that no shell can carry, and goes on", async () => {
      await assertRejects(() => session.run("echo a\0b", { what }), TypeError);
      assertEquals((await session.run("echo on", { what })).stdout, "on\n");
    });

    it("takes no script's word for its end", async () => {
      const script = "set | sed -n 's/^ztna_nonce=//p' | tr -d \"'\" | head -c 32";
      const nonce = (await session.run(script, { what })).stdout;
      assertMatch(nonce, /^[0-9a-f]{32}$/);
      const forged = `printf '\\036${nonce.replace(/.$/, "x")} end 1 0\\n'; exit 3`;
      assertEquals((await session.run(forged, { what })).code, 3);
      // It is in no process's arguments or environment, where others could find it.
      assertEquals(commandLinesWith(nonce), []);
      assertEquals((await session.run("env", { what })).stdout.includes(nonce), false);
    });

    it("counts its traffic", async () => {
      await using other = await openLocalSession(shell);
      await other.run("echo 1", { what });
      const { bytesSent, bytesReceived } = other.traffic;
      await other.run("echo 12345", { what, input: inputOf("1234") });
      assert(other.traffic.bytesSent > bytesSent + 4);
      assert(other.traffic.bytesReceived > bytesReceived + 6);
      assertEquals([other.traffic.roundTrips, other.traffic.processes], [2, 1]);
    });

    it("ends what scripts have left in the background when the connection ends, but no daemon", async () => {
      const [job, daemon] = [uniqueSleep(), uniqueSleep()];
      {
        await using other = await openLocalSession(shell);
        await other.run(`${job} & setsid ${daemon} >/dev/null 2>&1 &`, { what });
        // Not before "setsid" has become the daemon.
        await waitFor(
          () => commandLinesWith(job).length === 1 && commandLinesWith(daemon)[0] === daemon,
          "both",
        );
      }
      await waitFor(() => commandLinesWith(job).length === 0, "the job to end");
      assertEquals(commandLinesWith(daemon), [daemon]);
      await session.run(`kill $(pgrep -f ${shellQuote(`^${daemon}$`)})`, { what });
    });

    it("does not wait for a daemon that holds the session's streams", async () => {
      const daemon = uniqueSleep();
      const other = await openLocalSession(shell);
      await other.run(`setsid ${daemon} &`, { what });
      const startMs = performance.now();
      await other[Symbol.asyncDispose]();
      assert(performance.now() - startMs < 2500);
      await session.run(`kill $(pgrep -f ${shellQuote(`^${daemon}$`)})`, { what });
    });

    it("ends a script that runs when the connection is given up", async () => {
      const sleep = uniqueSleep();
      const other = await openLocalSession(shell);
      const run = other.run(`trap '' TERM; ${sleep}`, { what: "sleep" });
      await waitFor(() => commandLinesWith(sleep).length > 0, "the script");
      const lost = assertRejects(() => run, UnreachableError, 'Cannot go on with "sleep"');
      await other[Symbol.asyncDispose]();
      await lost;
      await waitFor(() => commandLinesWith(sleep).length === 0, "the script to end", 30_000);
      await assertRejects(
        () => other.run("echo", { what }),
        UnreachableError,
        "connection is lost",
      );
    });

    it("does not let a part of an input pass for the whole when the connection ends", async () => {
      const file = `${directory}/whole`;
      const other = await openLocalSession(shell);
      const pid = (await other.run("echo $$", { what })).stdout.trim();
      const script = `trap '' TERM; cat >${directory}/part; touch ${file}`;
      const run = other.run(script, { what, input: endlessInput(3_000_000) });
      await waitFor(() => existsSync(`${directory}/part`), "the script");
      run.catch(() => {});
      await other[Symbol.asyncDispose]();
      await waitFor(() => !existsSync(`/proc/${pid}`), "the session to end");
      assert(!existsSync(file));
    });
  });
}
