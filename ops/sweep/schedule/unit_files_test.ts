import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { runOnFiles } from "../../../tests/support/run_on_files.ts";
import { Secret } from "../../engine/secret.ts";
import type { SweepSchedule } from "./sweep_schedule.ts";
import { testSchedule } from "./test_schedule.ts";
import { parseInterval } from "./interval.ts";
import { serviceText, timerText } from "./unit_files.ts";

const analyze = "/usr/bin/systemd-analyze";

/** A word as systemd takes it apart, for what our texts use of its syntax. */
function wordsOf(line: string): string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) =>
    word.replace(/^"(.*)"$/s, "$1").replaceAll(/\\(.)/g, (_, of: string) => of === "n" ? "\n" : of)
      .replaceAll("%%", "%").replaceAll("$$", () => "$")
  );
}

const settingOf = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1];

describe("the service of sweeps", () => {
  const hostile = [
    ...["--limit=~db\\d+", "--heartbeat=https://x/?a=%20&b=$HOME ${X} \"'", "--notify-mail=a\nb"],
    ...["--release=r%i", "--x=;", "--y= ", "--quiet"],
  ];

  it("runs the command line as it was given, whatever is in it", () => {
    const text = serviceText(testSchedule({ args: hostile }));
    assertEquals(wordsOf(settingOf(text, "ExecStart")!), [
      ...["/usr/local/bin/deno", "run", "-A", "/opt/ztna-fleet/ops/sweep.ts"],
      ...hostile,
    ]);
    assertEquals(text.split("\n").filter((line) => line.startsWith("b")), []);
  });

  it("gives a sweep its own time and some more, and takes findings for no failure", () => {
    const text = serviceText(testSchedule({ timeoutSeconds: 100 }));
    assertEquals(settingOf(text, "TimeoutStartSec"), "160");
    assertEquals(settingOf(text, "SuccessExitStatus"), "1 3 4");
    assertEquals(settingOf(text, "Type"), "oneshot");
  });

  it("has no secrets, but the file with them", () => {
    const secrets = { ZTNA_WEBHOOK_SECRET: new Secret("s3cret-s3cret-s3cret") };
    const text = serviceText(testSchedule({ secrets }));
    assertEquals(settingOf(text, "EnvironmentFile"), "/etc/ztna-sweep/prod.env");
    assertFalse(text.includes("s3cret"));
    assertEquals(settingOf(serviceText(testSchedule()), "EnvironmentFile"), undefined);
  });

  it("is closed as far as can be, and lets V8 and mail servers do what they must", () => {
    const text = serviceText(testSchedule());
    assertEquals(settingOf(text, "NoNewPrivileges"), "yes");
    assertMatch(settingOf(text, "SystemCallFilter")!, /@pkey$/);
    assertFalse(/^MemoryDenyWriteExecute=yes/m.test(text));
    const open = serviceText(testSchedule({ needsPrivileges: true }));
    assertEquals(settingOf(open, "NoNewPrivileges"), undefined);
    assertEquals(settingOf(open, "ProtectSystem"), "full");
  });
});

describe("the timer of sweeps", () => {
  it("makes up for what was missed, and spreads sweeps by a tenth of their interval", () => {
    const text = timerText(testSchedule());
    assertEquals(settingOf(text, "OnCalendar"), "*-*-* *:0/5:00");
    assertEquals(settingOf(text, "Persistent"), "true");
    assertEquals(settingOf(text, "RandomizedDelaySec"), "30");
    const hourly = timerText(testSchedule({ interval: parseInterval("1h")! }));
    assertEquals(settingOf(hourly, "RandomizedDelaySec"), "60");
  });
});

describe("systemd itself", { skip: skipWithout(analyze, "systemd") }, () => {
  const here: Partial<SweepSchedule> = {
    ...{ deno: Deno.execPath(), user: "root" },
    checkout: new URL("../../../", import.meta.url).pathname.slice(0, -1),
    environment: { XDG_STATE_HOME: '/var/lib/odd "name" %h' },
    args: ["--inventory=/etc/hosts", "--limit=~a\\d $x %i", "--quiet"],
  };
  for (const [what, needsPrivileges] of [["closed", false], ["open for mail", true]] as const) {
    it(`has nothing to say against the units, ${what}`, async () => {
      const schedule = testSchedule({ ...here, needsPrivileges });
      const { code, output } = await runOnFiles(analyze, [
        ...["verify", "--man=no", "./ztna-sweep-prod.service", "./ztna-sweep-prod.timer"],
      ], {
        "ztna-sweep-prod.service": serviceText(schedule),
        "ztna-sweep-prod.timer": timerText(schedule),
      });
      assertEquals([code, output.match(/ztna-sweep.*/g)], [0, null], output);
    });
  }

  it("calls the closed service as little exposed as those of our programs", async () => {
    const args = ["security", "--offline=true", "./a.service"];
    const { output } = await runOnFiles(analyze, args, {
      "a.service": serviceText(testSchedule()),
    });
    const [, exposure] = /Overall exposure level for a.service: (\d+\.\d)/.exec(output) ?? [];
    assert(Number(exposure) <= 2.5, output);
  });

  it("would say what is wrong with them", async () => {
    const { output } = await runOnFiles(analyze, ["verify", "--man=no", "./a.service"], {
      "a.service": serviceText(testSchedule(here)).replace("Type=oneshot", "Type=oneshoot"),
    });
    assert(output.includes("oneshoot"), output);
  });
});
