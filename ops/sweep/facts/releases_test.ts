import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { hostPaths } from "../../host_paths.ts";
import { type ReleaseFacts, releases } from "./releases.ts";
import { parse, testQuestion } from "./test_source.ts";

/** What the script says of a host whose files are in a temporary directory. */
async function look(prepare: string): Promise<ReleaseFacts | undefined> {
  const directory = Deno.makeTempDirSync({ prefix: "releases" });
  try {
    const script = releases.script(testQuestion)
      .replaceAll(hostPaths.snapshot, "snapshot")
      .replaceAll(hostPaths.root, ".");
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `${prepare}\n${script}`],
      cwd: directory,
    }).output();
    return parse(releases, new TextDecoder().decode(stdout));
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

const install = `mkdir -p releases/1.0.0-aaa
echo deno-2.9.6 > releases/1.0.0-aaa/runtime
ln -s releases/1.0.0-aaa current
printf '%s\\n' '2026-01-01T00:00:00Z 0.9.0-bbb' '2026-02-01T00:00:00Z 1.0.0-aaa' > releases/.history`;

describe("the release of a host", { skip: needsLinux }, () => {
  it("is the one that its link leads to, since it was switched to", async () => {
    assertEquals(await look(install), {
      current: "1.0.0-aaa",
      switchedMs: Date.parse("2026-02-01T00:00:00Z"),
      runtime: "deno-2.9.6",
      unconfirmed: false,
    });
  });

  it("is none where there is no link, or it leads elsewhere", async () => {
    const none = { current: null, switchedMs: null, runtime: null, unconfirmed: false };
    assertEquals(await look(""), none);
    assertEquals(await look("ln -s /bin current"), none);
  });

  it("has no date when somebody has set the link by hand", async () => {
    const found = await look(
      `${install}\nmkdir releases/2.0.0-c; ln -sfn releases/2.0.0-c current`,
    );
    assertEquals([found?.current, found?.switchedMs], ["2.0.0-c", null]);
  });

  it("may wait for being found good", async () => {
    const found = await look(`${install}\nmkdir snapshot; echo ./current > snapshot/paths`);
    assertEquals(found?.unconfirmed, true);
  });

  it("is not known of an answer that is cut off", () => {
    assertEquals(parse(releases, "current releases/1.0.0-aaa\nruntime \nswitched \n"), undefined);
  });
});
