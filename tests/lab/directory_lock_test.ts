import { assertEquals, assertNotEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { DirectoryLock } from "./directory_lock.ts";

describe("a directory lock", () => {
  let parent: string;

  beforeEach(async () => {
    parent = await Deno.makeTempDir();
  });

  afterEach(() => Deno.remove(parent, { recursive: true }));

  it("is held by one at a time, and makes the next one wait", async () => {
    const directory = `${parent}/lab`;
    const first = await DirectoryLock.take(directory);
    assertEquals(await DirectoryLock.tryTake(directory), undefined);
    const order: string[] = [];
    const second = DirectoryLock.take(directory).then((lock) => {
      order.push("taken");
      return lock;
    });
    order.push("given back");
    first[Symbol.dispose]();
    using _second = await second;
    assertEquals(order, ["given back", "taken"]);
  });

  it("is of the directory that is there, not of one that was removed", async () => {
    const directory = `${parent}/lab`;
    const first = await DirectoryLock.take(directory);
    const second = DirectoryLock.take(directory);
    await Deno.remove(directory);
    first[Symbol.dispose]();
    using _second = await second;
    assertEquals(await DirectoryLock.tryTake(directory), undefined);
  });

  it("can't be tried on a directory that is not there, and makes none", async () => {
    assertEquals(await DirectoryLock.tryTake(`${parent}/lab`), undefined);
    assertEquals([...Deno.readDirSync(parent)], []);
  });

  it("is free when its owner was killed", async () => {
    const directory = `${parent}/lab`;
    const module = JSON.stringify(import.meta.resolve("./directory_lock.ts"));
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-check",
        `import { DirectoryLock } from ${module};
         const lock = await DirectoryLock.take(${JSON.stringify(directory)});
         console.log("taken");
         setTimeout(() => lock[Symbol.dispose](), 60_000);`,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assertEquals(await DirectoryLock.tryTake(directory), undefined);
    child.kill("SIGKILL");
    await Promise.all([child.status, reader.cancel()]);
    using lock = await DirectoryLock.tryTake(directory);
    assertNotEquals(lock, undefined);
  });
});
