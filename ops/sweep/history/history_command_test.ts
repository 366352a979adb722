import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { HistoryDatabase } from "./history_database.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a user runs it, on a fleet of one host that nobody reaches. */
describe("deno task sweep and its history", () => {
  let directory: string;
  let inventory: string;
  before(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-sweep-history-" });
    inventory = `${directory}/inventory.yaml`;
    Deno.writeTextFileSync(
      inventory,
      `
relays:
  hosts:
    relay1:
      # The discard port: nothing listens there.
      ansible_host: 127.0.0.1
      ansible_port: 9
      ztna_relay_address: 127.0.0.1
  vars:
    ztna_fleet: silent
`,
    );
  });
  after(() => Deno.removeSync(directory, { recursive: true }));

  async function sweep(stateHome: string, ...args: readonly string[]): Promise<Outcome> {
    const program = new URL("../../sweep.ts", import.meta.url).pathname;
    const { code, ...output } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, ...args, "-i", inventory],
      env: { NO_COLOR: "1", XDG_STATE_HOME: stateHome, XDG_RUNTIME_DIR: "" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
  }

  it("keeps what sweeps have found, and shows it", async () => {
    const home = `${directory}/kept`;
    const first = await sweep(home, "--json");
    assertEquals(first.code, 4, first.stderr);
    const second = await sweep(home, "--json", "--no-probe");
    assertEquals(second.code, 4, second.stderr);
    const shown = await sweep(home, "history", "--json");
    assertEquals([shown.code, shown.stderr], [0, ""]);
    const history = JSON.parse(shown.stdout);
    assertEquals([history.schema, history.fleet], [1, "silent"]);
    // deno-lint-ignore no-explicit-any -- what the command printed
    assertEquals(history.sweeps.map(({ hosts, unreachable }: any) => [hosts, unreachable]), [
      [1, 1],
      [1, 1],
    ]);
    const problem = history.problems.find(({ check }: { check: string }) => check === "reachable");
    assertEquals([problem.host, problem.to, problem.until], ["relay1", "critical", null]);
    assertEquals(problem.since, history.sweeps[0].startedAt);
    const text = await sweep(home, "history", "--host", "relay1", "--check-id", "reachable");
    assertEquals(text.code, 0);
    assertMatch(text.stdout, /^2 sweeps since /);
    assertMatch(text.stdout, /new critical +relay1 +reachable/);
  });

  it("tells a wrong name from a host that is well", async () => {
    const home = `${directory}/kept`;
    const { code, stderr } = await sweep(home, "history", "--host", "rely1", "--since", "1d");
    assertEquals(code, 2);
    assertStringIncludes(stderr, 'the nearest valid host is "relay1"');
  });

  it("refuses what it can't understand, and what it would ignore", async () => {
    const home = `${directory}/refused`;
    for (
      const [args, message] of [
        [["--since", "yesterday"], '"--since" must be a duration'],
        [["--timeout", "5"], '"--timeout" with "history" as it belongs to a sweep'],
        [[], "there must have been a sweep on this machine"],
      ] as const
    ) {
      const { code, stderr } = await sweep(home, "history", ...args);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, message);
    }
    const { code, stderr } = await sweep(home, "--host", "relay1");
    assertEquals(code, 2);
    assertStringIncludes(stderr, '"--host" as it belongs to "history"');
  });

  it("tells the sweep's result where the history can't be kept", async () => {
    const home = `${directory}/broken`;
    const path = `${home}/ztna-fleet/fleets/silent/sweeps.db`;
    {
      using database = new HistoryDatabase(path);
      database.run("pragma user_version = 99");
    }
    const { code, stdout, stderr } = await sweep(home, "--json");
    assertEquals(code, 4, stderr);
    assertStringIncludes(stderr, "current value is 99");
    assertEquals(JSON.parse(stdout).changes, null);
    const history = await sweep(home, "history");
    assertEquals([history.code, history.stdout], [1, ""]);
    assertStringIncludes(history.stderr, "current value is 99");
  });
});
