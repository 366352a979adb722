import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";

const script = new URL("../../sweep.ts", import.meta.url).pathname;

describe("sweep install", () => {
  let directory: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "install-" });
    Deno.writeTextFileSync(
      `${directory}/hosts.yaml`,
      `all:
  vars: {ztna_fleet: prod}
  children:
    relays: {hosts: {relay1: {ansible_host: 192.0.2.1}}}
    ops: {hosts: {ops1: {ansible_host: 192.0.2.2}, ops2: {ansible_host: 192.0.2.3}}}
`,
    );
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  /** What it prints, or refuses to. */
  function install(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { code: number; stdout: string; stderr: string } {
    const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, "install", "-i", "hosts.yaml", ...args],
      cwd: directory,
      env: { NO_COLOR: "1", ZTNA_WEBHOOK_SECRET: "", XDG_STATE_HOME: directory, ...env },
      stdin: "null",
    }).outputSync();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  const remote = ["--on", "ops1", "--user", "ops"];

  it("prints units for an ops host, with the flags that are for sweeps", () => {
    const { code, stdout } = install([
      ...[...remote, "--print", "systemd", "--every", "15m", "--limit", "relays", "--forks=4"],
      ...["--notify-webhook", "https://hooks.example.com/x", "--prom", "/srv/ztna.prom"],
    ]);
    assertEquals(code, 0);
    const command = /^ExecStart=(.*)$/m.exec(stdout)?.[1];
    assertEquals(
      command,
      "/usr/local/bin/deno run -A /opt/ztna-fleet/ops/sweep.ts " +
        `--inventory=${Deno.realPathSync(directory)}/hosts.yaml --limit=relays --forks=4 ` +
        "--prom=/srv/ztna.prom --notify-webhook=https://hooks.example.com/x --every=15m --quiet",
    );
    assertStringIncludes(stdout, "OnCalendar=*-*-* *:0/15:00");
    assertStringIncludes(stdout, "\n# /etc/systemd/system/ztna-sweep-prod.timer\n");
    assertStringIncludes(stdout, "must have the line ZTNA_WEBHOOK_SECRET=…");
    assertStringIncludes(stdout, "\nUser=ops\n");
  });

  it("prints lines for a crontab of this machine, with its own Deno and checkout", () => {
    const { stdout } = install(["--print", "crontab", "--user", "ops", "--deno=/usr/bin/deno"]);
    const [comment, line] = stdout.split("\n");
    assertStringIncludes(comment!, "of the user ops");
    assertStringIncludes(line!, `/usr/bin/deno run -A ${script} --inventory=`);
    assertStringIncludes(line!, `XDG_STATE_HOME=${directory}`);
  });

  const mistakes: [what: string, args: string[], says: string][] = [
    ["nobody is named to sweep elsewhere", ["--on", "ops1"], "give --user NAME"],
    ["several hosts would sweep", ["--on", "ops", "--user", "ops"], "selects 2; name one"],
    ["there is no such host", ["--on", "ops9", "--user", "ops"], "the nearest valid name"],
    [
      "no secret is there to sign with",
      [...remote, "--notify-webhook=https://x.example"],
      "ZTNA_W",
    ],
    ["a report goes to nobody", [...remote, "--html", "-"], "as nobody looks there"],
    ["a flag is for something else", [...remote, "--watch=5"], "it belongs to a sweep"],
    ["sweeps can't be so often", [...remote, "--every", "7m"], "minutes that divide an hour"],
  ];
  for (const [what, args, says] of mistakes) {
    it(`says what to do when ${what}`, () => {
      const { code, stdout, stderr } = install(args);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, says);
    });
  }
});
