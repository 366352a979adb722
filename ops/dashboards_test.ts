import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { GrafanaServer } from "../tests/support/grafana_server.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  // deno-lint-ignore no-explicit-any -- whatever the command printed
  readonly json: any;
}

/** The command as a user runs it. Grafana is a stand-in, see `GrafanaServer`. */
describe("deno task dashboards", () => {
  let directory: string;
  let grafana: GrafanaServer;
  before(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-dashboards-" });
    grafana = new GrafanaServer({ basePath: "/grafana" });
  });
  after(async () => {
    await grafana[Symbol.asyncDispose]();
    Deno.removeSync(directory, { recursive: true });
    assertEquals(grafana.violations, []);
  });

  async function run(args: readonly string[], token = "editor-token"): Promise<Outcome> {
    const program = new URL("./dashboards.ts", import.meta.url).pathname;
    const { code, ...output } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, ...args],
      env: { NO_COLOR: "1", GRAFANA_TOKEN: token },
      stdin: "null",
    }).output();
    const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    ) as [string, string];
    assertFalse(token !== "" && `${stdout}${stderr}`.includes(token));
    const json = stdout.startsWith("{") ? JSON.parse(stdout) : undefined;
    return { code, stdout, stderr, json };
  }

  it("says what would change, makes it, and then has nothing to change", async () => {
    const check = await run(["--out", directory, "--check"]);
    assertEquals(check.code, 3, check.stderr);
    assertMatch(check.stdout, /^\+ dashboards\/generated\/.*\.json$/m);
    assertEquals([...Deno.readDirSync(directory)], []);
    const made = await run(["--out", directory, "--json"]);
    assertEquals(made.code, 0, made.stderr);
    const { changes } = made.json as {
      readonly changes: readonly { readonly path: string; readonly change: string }[];
    };
    assert(changes.every(({ change }) => change === "created"));
    for (const { path } of changes) assert(Deno.statSync(`${directory}/${path}`).isFile);
    const again = await run(["--out", directory, "--check", "--json"]);
    assertEquals({ code: again.code, ...again.json }, {
      ...{ code: 0, schema: 1, check: true, changes: [], unchanged: changes.length },
    });
  });

  it("refuses flags that it would ignore", async () => {
    const { code, stderr } = await run(["--check", "--push", "http://x", "--range", "3h"]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, 'Cannot use "--check" with "--push"');
    assertStringIncludes(stderr, 'Cannot use "--range" with "--push" as it belongs to "preview"');
    assertEquals((await run(["--dry-run"])).code, 2);
    assertEquals((await run(["preview", "--overwrite"])).code, 2);
  });

  it("publishes to a Grafana, and keeps what was edited there", async () => {
    const { url, store } = grafana;
    const dry = await run(["--push", url, "--dry-run", "--json"]);
    assertEquals(dry.code, 3, dry.stderr);
    assertEquals(store.dashboards.size, 0);
    const first = await run(["--push", url]);
    assertEquals(first.code, 0, first.stderr);
    assertStringIncludes(first.stdout, `${url}/d/ztna-fleet`);
    const second = await run(["--push", url, "--json"]);
    assertEquals(second.code, 0, second.stderr);
    const { dashboards, folder } = second.json as {
      readonly dashboards: readonly { readonly uid: string; readonly result: string }[];
      readonly folder: unknown;
    };
    assertEquals(folder, { uid: "ztna-fleet", title: "ztna-fleet", result: "unchanged" });
    assertEquals(dashboards.map(({ uid }) => uid).sort(), [...store.dashboards.keys()].sort());
    assert(dashboards.every(({ result }) => result === "unchanged"));

    store.edit("ztna-fleet", (dashboard) => ({ ...dashboard, title: "\x1b[2JMine" }));
    const kept = await run(["--push", url]);
    assertEquals(kept.code, 1, kept.stderr);
    assertStringIncludes(kept.stdout, "was edited by hand since our push");
    assertFalse(kept.stdout.includes("\x1b"));
    assertEquals((await run(["--push", url, "--overwrite"])).code, 0);
    assertFalse(store.dashboards.get("ztna-fleet")!.data["title"] === "\x1b[2JMine");
  });

  it("has an exit code for each thing that can be wrong", async () => {
    const { url } = grafana;
    const gone = new GrafanaServer();
    const nobody = gone.url;
    await gone[Symbol.asyncDispose]();
    const wrong = [
      { what: url, token: "", code: 2 },
      { what: "grafana", code: 2 },
      { what: url.replace("/grafana", ""), code: 2 },
      { what: url, token: "wrong-token", code: 1 },
      { what: nobody, code: 4 },
    ];
    for (const { what, token, code } of wrong) {
      const outcome = await run(["--push", what], token);
      assertEquals(outcome.code, code, outcome.stderr);
      assertStringIncludes(outcome.stderr, "✗ Cannot ");
    }
  });

  it("warns of a token that travels unencrypted, and of dashboards nobody makes any more", async () => {
    const { url, store } = grafana;
    store.createFolder("left-over", "Left over");
    store.save({ uid: "ztna-old", title: "Old", tags: ["ztna-fleet"] }, { folderUid: "left-over" });
    const { code, stderr } = await run(["--push", url, "--folder", "left-over"]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, 'The dashboard "Old" (ztna-old) is not generated any more');
    assert(store.dashboards.has("ztna-old"));
    // This machine again, under an address that does not say so.
    const unprotected = await run(["--push", url.replace("127.0.0.1", "0.0.0.0")]);
    assertEquals(unprotected.code, 0, unprotected.stderr);
    assertStringIncludes(unprotected.stderr, "travels unencrypted");
  });
});
