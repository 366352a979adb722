import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { Secret } from "../../engine/secret.ts";
import { crontabText } from "./crontab_line.ts";
import { testSchedule } from "./test_schedule.ts";

describe("the lines for a crontab", () => {
  it("run sweeps by the clock, one at a time", () => {
    assertEquals(
      crontabText(testSchedule()),
      `# Sweeps of the fleet prod: for "crontab -e" of the user ops.
*/5 * * * * cd /opt/ztna-fleet && flock -n "$HOME/.ztna-sweep-prod.lock" /usr/local/bin/deno ` +
        `run -A /opt/ztna-fleet/ops/sweep.ts --inventory=/opt/ztna-fleet/inventory.yaml --quiet ` +
        ">/dev/null\n",
    );
  });

  it("leave it to the user to write secrets down", () => {
    const secrets = { ZTNA_WEBHOOK_SECRET: new Secret("s3cret-s3cret-s3cret") };
    assertEquals(crontabText(testSchedule({ secrets })).split("\n").slice(1, 3), [
      "# CHANGE: this user's secret",
      "#ZTNA_WEBHOOK_SECRET=",
    ]);
  });

  it("give a sweep its arguments as they are, and run no second one", { skip: needsLinux }, () => {
    const directory = Deno.makeTempDirSync({ prefix: "crontab-" });
    try {
      const args = ["--heartbeat=https://x/?a=%20&b=$HOME'\"", "--limit=a b"];
      const program = `${directory}/deno`;
      Deno.writeTextFileSync(
        program,
        '#!/bin/sh\nprintf "%s\\n" "$X" "$@" > arguments\n[ -n "$AGAIN" ] || AGAIN=1 sh -c "$LINE"\n',
        { mode: 0o755 },
      );
      const text = crontabText(
        testSchedule({ args, deno: program, checkout: directory, environment: { X: "1 2" } }),
      );
      // What cron does with a line: it takes the times away, and the backslashes before "%".
      const line = text.split("\n")[1]!.replace(/^(\S+ ){5}/, "").replaceAll("\\%", "%");
      const { code } = new Deno.Command("sh", {
        args: ["-c", line],
        env: { HOME: directory, LINE: `echo again >> runs; ${line}` },
        stderr: "null",
      }).outputSync();
      assertEquals(Deno.readTextFileSync(`${directory}/arguments`).split("\n"), [
        ...["1 2", "run", "-A", `${directory}/ops/sweep.ts`, ...args, ""],
      ]);
      // The one that was started within it found the lock taken, and did nothing.
      assertEquals([code, Deno.readTextFileSync(`${directory}/runs`)], [1, "again\n"]);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
});
