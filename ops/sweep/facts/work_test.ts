import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { hostPaths } from "../../host_paths.ts";
import { parse, testQuestion } from "./test_source.ts";
import { work } from "./work.ts";

/** Who works by the script, with another file for the lock. */
async function worker(lock: string, prefix = ""): Promise<unknown> {
  const script = work.script(testQuestion).replaceAll(hostPaths.lock, lock);
  const args = ["-c", `${prefix}\n${script}`, "sh", lock];
  const { stdout } = await new Deno.Command("sh", { args }).output();
  return parse(work, new TextDecoder().decode(stdout));
}

/** Has the shell be a session that has the lock. */
const takeLock = `exec 9>> "$1"
echo '{"pid":'$$',"owner":"alice@laptop","command":"deploy","since":"now"}' > "$1"`;

describe("who works on a host", { skip: needsLinux }, () => {
  it("is whoever has its lock, which is not tried for", async () => {
    const lock = Deno.makeTempFileSync();
    try {
      assertEquals(await worker(lock, takeLock), { worker: "alice@laptop (deploy)" });
      assertEquals(await worker(lock), { worker: null }, "a session that has ended has no lock");
      const other = `${takeLock}\nexec 9>&-`;
      assertEquals(await worker(lock, other), { worker: null }, "nor has another process");
      Deno.writeTextFileSync(lock, "$(reboot)\n");
      assertEquals(await worker(lock), { worker: null });
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
