import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FileTree } from "../../../../tests/inventory/file_tree.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { ConfigError } from "../../../../tunnel/errors.ts";
import { maxScriptErrorBytes } from "../limits.ts";
import { runScript, type ScriptOutput } from "./run_script.ts";

const timeoutMs = 30_000;

async function run(
  script: string,
  args: readonly string[] = ["--list"],
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<ScriptOutput> {
  using tree = new FileTree({ inventory: `#!/bin/sh\n${script}\n` });
  return await runScript(tree.path("inventory"), args, { timeoutMs, ...options });
}

/** Whether a process runs that is no zombie. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

describe("runScript", () => {
  it("gives what a program writes, and passes arguments as they are", async () => {
    const { stdout, stderrLines } = await run(
      `printf '%s\\n' "$@"; cat; printf 'a\\n\\n\\033[31mb' >&2`,
      ["--host", "a b; $(id) '\""],
    );
    assertEquals(new TextDecoder().decode(stdout), "--host\na b; $(id) '\"\n");
    assertEquals(stderrLines, ["a", "\\u001b[31mb"]);
  });

  it("says how a program has failed, and what it has said last", async () => {
    const { message } = await assertRejects(
      () => run("seq 9 >&2; printf '\\033]0;x\\007' >&2; exit 3"),
      ConfigError,
    );
    const [first = "", ...lines] = message.split("\n");
    assert(first.endsWith('"--list" as it must end with code 0: it ended with code 3'), first);
    assertEquals(lines, ["  6", "  7", "  8", "  9", "  \\u001b]0;x\\u0007"]);
    const killed = await assertRejects(() => run("kill -9 $$"), ConfigError);
    assert(killed.message.endsWith("it ended with signal SIGKILL"), killed.message);
  });

  it("bounds what it takes", async () => {
    const endless = await assertRejects(() => run("yes"), ConfigError);
    assert(endless.message.endsWith("as its answer must have at most 4194304 bytes"));
    const { stderrLines } = await run("head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo '{}'");
    assertLess(stderrLines.join("").length, maxScriptErrorBytes);
  });

  it("ends a program that takes too long, with all that it has started", async () => {
    using tree = new FileTree({});
    const pidFile = tree.path("pid");
    const script = `sleep 600 & echo $! > ${pidFile}; wait`;
    const { message } = await assertRejects(
      () => run(script, ["--list"], { timeoutMs: 1000 }),
      ConfigError,
    );
    assert(message.endsWith("as it must answer within 1 s"), message);
    const pid = Number(Deno.readTextFileSync(pidFile));
    await waitFor(() => !isRunning(pid), "the end of what the program has started");
  });

  it("ends when it is told to", async () => {
    using tree = new FileTree({});
    const controller = new AbortController();
    const running = run(`touch ${tree.path("started")}; sleep 600`, [], {
      signal: controller.signal,
    });
    const ended = assertRejects(() => running, TypeError, "enough");
    await waitFor(() => {
      try {
        return Deno.statSync(tree.path("started")).isFile;
      } catch {
        return false;
      }
    }, "the program to start");
    controller.abort(new TypeError("enough"));
    await ended;
    await assertRejects(() => run("exit 0", [], { signal: controller.signal }), TypeError);
  });

  it("says when a program can't be started", async () => {
    using tree = new FileTree({ inventory: "#!/no/such/interpreter\n" });
    const { message } = await assertRejects(
      () => runScript(tree.path("inventory"), ["--list"], { timeoutMs }),
      ConfigError,
    );
    assert(message.includes("as it must be possible to start it: "), message);
  });
});
