import { assert, assertEquals, assertExists, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { DeploymentLock, LockedError, readOwner } from "./deployment_lock.ts";
import { isRunning } from "./process_identity.ts";

describe("DeploymentLock", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-lock-" });
    path = `${directory}/lock`;
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  it("says who holds it, and is gone when it is given back", () => {
    {
      using _lock = DeploymentLock.take(path, "deploy");
      const owner = readOwner(path);
      assertExists(owner);
      assert(isRunning(owner));
      assertEquals([owner.pid, owner.command], [Deno.pid, "deploy"]);
      const error = assertThrows(() => DeploymentLock.take(path, "remove"), LockedError);
      assertEquals(error.owner, owner);
      assertEquals(error.exitCode, 1);
    }
    assertEquals([...Deno.readDirSync(directory)], []);
    DeploymentLock.take(path, "deploy")[Symbol.dispose]();
  });

  it("is taken over from an owner that has died", async () => {
    const source = `const { DeploymentLock } = await import("${
      import.meta.resolve("./deployment_lock.ts")
    }");
      DeploymentLock.take("${path}", "deploy"); console.log("locked"); setInterval(() => {}, 1000);`;
    const owner = new Deno.Command(Deno.execPath(), {
      args: ["eval", source],
      stdout: "piped",
    }).spawn();
    const reader = owner.stdout.getReader();
    await reader.read();
    const error = assertThrows(() => DeploymentLock.take(path, "deploy"), LockedError);
    assertEquals(error.owner?.pid, owner.pid);
    owner.kill("SIGKILL");
    await owner.status;
    await reader.cancel();
    assertEquals(readOwner(path)?.pid, owner.pid);
    using _lock = DeploymentLock.take(path, "deploy");
    assertEquals(readOwner(path)?.pid, Deno.pid);
  });

  it("does not mind what is in the file", () => {
    for (const text of ["", "junk", "[]", '{"pid":1}', '{"pid":5,"startedAt":"x"}']) {
      Deno.writeTextFileSync(path, text);
      assertEquals(readOwner(path), undefined);
      DeploymentLock.take(path, "deploy")[Symbol.dispose]();
    }
  });

  it("leaves the file of a later owner alone when its own was removed by somebody", () => {
    const first = DeploymentLock.take(path, "deploy");
    Deno.removeSync(path);
    using _second = DeploymentLock.take(path, "down");
    first[Symbol.dispose]();
    assertEquals(readOwner(path)?.command, "down");
  });
});
