import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { intervalRule, parseInterval } from "./interval.ts";

const analyze = "/usr/bin/systemd-analyze";

const good: [text: string, seconds: number, cron: string][] = [
  ["1m", 60, "* * * * *"],
  ["5m", 300, "*/5 * * * *"],
  ["30m", 1800, "*/30 * * * *"],
  ["60m", 3600, "0 * * * *"],
  ["1h", 3600, "0 * * * *"],
  ["6h", 21_600, "0 */6 * * *"],
  ["24h", 86_400, "0 0 * * *"],
  ["1d", 86_400, "0 0 * * *"],
];

describe("parseInterval", () => {
  for (const [text, seconds, cron] of good) {
    it(`takes ${text}`, () => {
      const interval = parseInterval(text);
      assertEquals([interval?.seconds, interval?.cron], [seconds, cron]);
    });
  }

  for (const text of ["", "5", "0m", "7m", "45m", "90m", "5h", "2d", "5 m", "-5m", "30s", "5m0s"]) {
    it(`refuses "${text}"`, () => assertEquals(parseInterval(text), undefined));
  }

  it("takes all that its rule names", () => {
    const named = intervalRule.match(/\b\d+[mhd]\b/g)!;
    assert(named.length > 15);
    assertEquals(named.filter((text) => parseInterval(text) === undefined), []);
  });
});

describe("an interval's calendar", {
  skip: skipWithout(analyze, "systemd"),
}, () => {
  for (const [text, seconds] of good) {
    it(`is ${text} for systemd`, async () => {
      const { stdout } = await new Deno.Command(analyze, {
        args: ["calendar", "--iterations=3", parseInterval(text)!.calendar],
        env: { TZ: "UTC", LC_ALL: "C" },
      }).output();
      const times = new TextDecoder().decode(stdout).match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g);
      const moments = (times ?? []).map((time) => Date.parse(time) / 1000);
      assertEquals(moments.length, 3);
      assertEquals(moments.slice(1).map((moment, at) => moment - moments[at]!), [
        seconds,
        seconds,
      ]);
    });
  }
});
