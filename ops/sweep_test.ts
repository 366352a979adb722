import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The command as a user runs it, with this machine as the only host: nothing is deployed here, so
 * that there is much to say. The lab's tests are in `tests/sweep`.
 */
describe("deno task sweep", () => {
  let directory: string;
  before(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-sweep-" });
    Deno.writeTextFileSync(
      `${directory}/hosts.yaml`,
      "all: {children: {relays: {hosts: {relay1: {ansible_connection: local}}}}}\n",
    );
  });
  after(() => Deno.removeSync(directory, { recursive: true }));

  async function run(...args: readonly string[]): Promise<Outcome> {
    const program = new URL("./sweep.ts", import.meta.url).pathname;
    const { code, ...output } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, "-i", "hosts.yaml", ...args],
      cwd: directory,
      env: { NO_COLOR: "1", XDG_STATE_HOME: `${directory}/state`, INIT_CWD: directory },
      stdin: "null",
    }).output();
    const [stdout = "", stderr = ""] = [output.stdout, output.stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    return { code, stdout, stderr };
  }

  const read = (name: string): string => Deno.readTextFileSync(`${directory}/${name}`);

  it("writes all reports that are wanted, and JSON to standard output", async () => {
    const files = ["--html", "a.html", "--junit", "a.xml", "--prom", "a.prom"];
    const { code, stdout, stderr } = await run("--json", ...files);
    assertEquals(code, 1, stderr);
    const { schema, status, hosts, checks } = JSON.parse(stdout);
    assertEquals([schema, status, hosts], [1, "critical", ["relay1"]]);
    const unit = checks.find(({ check }: { check: string }) => check === "unit");
    assertEquals([unit.host, unit.subject, unit.status], ["relay1", "relay", "critical"]);
    assertMatch(read("a.html"), /^<!doctype html>/);
    assertMatch(read("a.xml"), /<testcase name="unit relay" classname="default.relay1">\n<failure/);
    assertMatch(
      read("a.prom"),
      /^ztna_sweep_finding\{fleet="default",host="relay1",check="unit",/m,
    );
  });

  it("shows what is new, what to do and what to do next, and only problems when quiet", async () => {
    const shown = await run();
    assertMatch(
      shown.stdout,
      /^STATUS +HOST +CHECK +(SINCE +)?FOUND +WHAT TO DO\ncritical +relay1 /,
    );
    assertMatch(shown.stdout, /✗ default: \d+ critical.*\n {2}Next: .*-i hosts.yaml/);
    const quiet = await run("--quiet");
    assertEquals(quiet.code, 1);
    assertMatch(quiet.stdout, /^STATUS.*(\n(critical|warning) .*)+\n$/);
    assertEquals(quiet.stderr, "");
  });

  it("writes a report to standard output instead of the table", async () => {
    const { stdout } = await run("--prom", "-");
    assertMatch(stdout, /^# HELP ztna_sweep_status [^]*\}[ ][\d.e+-]+\n$/);
  });

  it("finds out before the sweep that a report can't be written", async () => {
    const { code, stdout, stderr } = await run("--html", "no/a.html", "--junit", ".", "--prom=-");
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "Cannot write the HTML report as its file must be writable");
    assertStringIncludes(stderr, "Cannot write the JUnit report as its file must be writable");
    assert(!stderr.includes("==> sweep"), stderr);
  });
});
