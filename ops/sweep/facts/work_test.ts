import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { hostPaths } from "../../host_paths.ts";
import { parse, testQuestion } from "./test_source.ts";
import { work } from "./work.ts";

const owner = JSON.stringify({ owner: "alice@laptop", command: "deploy", since: "now", pid: 1 });

/** Who works by the script, with another file for the lock. */
async function worker(lock: string, prefix: readonly string[] = []): Promise<unknown> {
  const script = work.script(testQuestion).replaceAll(hostPaths.lock, lock);
  const [program, ...args] = [...prefix, "sh", "-c", script];
  const { stdout } = await new Deno.Command(program!, { args }).output();
  return parse(work, new TextDecoder().decode(stdout));
}

describe("who works on a host", { skip: needsLinux }, () => {
  it("is whoever has its lock, which is not tried for", async () => {
    const lock = Deno.makeTempFileSync();
    try {
      Deno.writeTextFileSync(lock, `${owner}\n`);
      assertEquals(await worker(lock, ["flock", lock]), { worker: "alice@laptop (deploy)" });
      assertEquals(await worker(lock), { worker: null }, "the file alone is no lock");
    } finally {
      Deno.removeSync(lock);
    }
  });

  it("is nobody where there was never a lock", async () => {
    assertEquals(await worker("/nowhere/lock"), { worker: null });
  });

  it("is somebody when the lock does not say who", () => {
    assertEquals(parse(work, "locked\ngarbage\nend\n"), { worker: "somebody" });
    assertEquals(parse(work, "locked\n"), undefined, "of an answer that is cut off, nothing");
  });
});
