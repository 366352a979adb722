import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { waitFor } from "../../tests/support/wait.ts";
import { timedRun } from "./timed_command.ts";

const never = new AbortController().signal;
const onLinux = { ignore: Deno.build.os !== "linux" };

function shell(script: string): { argv: string[]; environment: Record<string, string> } {
  return { argv: ["sh", "-c", script], environment: { WORD: "word" } };
}

describe("a timed command", onLinux, () => {
  it("has its output, time, and the CPU time of its children", async () => {
    const busy = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done";
    const idle = await timedRun(shell('sleep 0.3; echo "$WORD"'), never);
    const loaded = await timedRun(shell(`sh -c '${busy}'`), never);
    assertEquals(idle.stdout, "word\n");
    assert(idle.seconds >= 0.3, `${idle.seconds} s`);
    assert(loaded.cpuSeconds > 0.02, `${loaded.cpuSeconds} s of CPU`);
    assert(idle.cpuSeconds < loaded.cpuSeconds, `${idle.cpuSeconds} s of CPU`);
    assert(idle.peakBytes > 100_000, `${idle.peakBytes} bytes`);
  });

  it("fails with what it has said", async () => {
    const error = await assertRejects(() =>
      timedRun(shell("echo out; echo err >&2; exit 3"), never)
    );
    assertEquals((error as Error).message.split("\n").slice(1), ["out", "", "err"]);
    assert((error as Error).message.includes("exit code 3"));
  });

  it("may end with another exit code when that is said", async () => {
    const { stdout } = await timedRun({ ...shell("echo out; exit 3"), exitCodes: [0, 3] }, never);
    assertEquals(stdout, "out\n");
  });

  it("ends with all of its children when it is interrupted", async () => {
    const file = await Deno.makeTempFile();
    const controller = new AbortController();
    const run = timedRun(shell(`sleep 600 & echo $! > ${file}; wait`), controller.signal);
    const child = await waitFor(() => Deno.readTextFileSync(file).trim(), "the child's number");
    controller.abort(new Error("enough"));
    await assertRejects(() => run, Error, "enough");
    await Deno.remove(file);
    await waitFor(() => hasEnded(child), "the child to end");
  });
});

/** Whether there is no such process, or nothing but what its parent has not waited for yet. */
function hasEnded(pid: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.startsWith("Z") ?? true;
  } catch {
    return true;
  }
}
