import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { raiseInotifyLimit, restoreInotifyLimit } from "./inotify_limit.ts";
import { SharedPaths } from "./lab_paths.ts";

describe("the limit of inotify instances", () => {
  const cases: readonly (readonly [name: string, hosts: readonly number[], limit: number])[] = [
    ["stays as it is while there is room", [3], 128],
    ["is raised for many hosts", [25], 232],
    ["is raised further for more of them", [25, 40], 352],
    ["is never lowered while hosts run", [25, 3], 232],
  ];
  for (const [name, hosts, limit] of cases) {
    it(`${name}, and put back`, async () => {
      const root = await Deno.makeTempDir();
      try {
        const setting = `${root}/max_user_instances`;
        const read = (): number => Number(Deno.readTextFileSync(setting));
        Deno.writeTextFileSync(setting, "128\n");
        const paths = new SharedPaths(root);
        for (const count of hosts) raiseInotifyLimit(paths, count, setting);
        assertEquals(read(), limit);
        restoreInotifyLimit(paths, setting);
        assertEquals(read(), 128);
        assertEquals([...Deno.readDirSync(root)].length, 1);
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    });
  }

  it("stays what somebody else has made of it meanwhile", async () => {
    const root = await Deno.makeTempDir();
    try {
      const setting = `${root}/max_user_instances`;
      Deno.writeTextFileSync(setting, "128\n");
      raiseInotifyLimit(new SharedPaths(root), 25, setting);
      Deno.writeTextFileSync(setting, "1024\n");
      restoreInotifyLimit(new SharedPaths(root), setting);
      assertEquals(Deno.readTextFileSync(setting), "1024\n");
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
});
