import { assertEquals, assertFalse } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isTimeZone, parseMoment, parseWeekly, weeklyEnd } from "./sweep_times.ts";

const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

describe("parseMoment", () => {
  const cases: [text: string, zone: string, edge: "start" | "end", moment: string | undefined][] = [
    ["2026-12-01", "UTC", "start", "2026-12-01T00:00:00.000Z"],
    ["2026-12-01", "UTC", "end", "2026-12-02T00:00:00.000Z"],
    ["2026-12-01", "Europe/Berlin", "end", "2026-12-01T23:00:00.000Z"],
    ["2026-12-01 18:00", "Europe/Berlin", "end", "2026-12-01T17:00:00.000Z"],
    ["2026-12-01T18:00:30", "UTC", "end", "2026-12-01T18:00:30.000Z"],
    ["2026-12-01T18:00Z", "Europe/Berlin", "end", "2026-12-01T18:00:00.000Z"],
    ["2026-12-01 18:00 +05:30", "UTC", "end", "2026-12-01T12:30:00.000Z"],
    ["2026-02-30", "UTC", "end", undefined],
    ["2026-12-01 25:00", "UTC", "end", undefined],
    ["tomorrow", "UTC", "end", undefined],
    ["20261201", "UTC", "end", undefined],
  ];
  for (const [text, zone, edge, moment] of cases) {
    it(`takes "${text}" in ${zone} as ${edge} for ${moment ?? "no moment"}`, () => {
      assertEquals(iso(parseMoment(text, zone, edge)), moment);
    });
  }
});

describe("a weekly window", () => {
  // 2026-11-29 is a Sunday.
  const cases: [window: string, zone: string, now: string, end: string | undefined][] = [
    ["sun 03:00-04:00", "UTC", "2026-11-29T02:59:59Z", undefined],
    ["sun 03:00-04:00", "UTC", "2026-11-29T03:00:00Z", "2026-11-29T04:00:00.000Z"],
    ["sun 03:00-04:00", "UTC", "2026-11-29T04:00:00Z", undefined],
    ["sun 03:00-04:00", "UTC", "2026-11-30T03:30:00Z", undefined],
    ["sun 03:00-04:00", "Europe/Berlin", "2026-11-29T02:30:00Z", "2026-11-29T03:00:00.000Z"],
    ["sun 03:00-04:00", "+02:00", "2026-11-29T01:30:00Z", "2026-11-29T02:00:00.000Z"],
    // Over midnight: it is the day on which it begins that counts.
    ["sat 23:00-01:00", "UTC", "2026-11-29T00:30:00Z", "2026-11-29T01:00:00.000Z"],
    ["sat 23:00-01:00", "UTC", "2026-11-28T00:30:00Z", undefined],
    ["sun 22:00-06:00", "UTC", "2026-11-30T05:59:00Z", "2026-11-30T06:00:00.000Z"],
    ["fri-mon 03:00-04:00", "UTC", "2026-11-30T03:00:00Z", "2026-11-30T04:00:00.000Z"],
    ["fri-mon 03:00-04:00", "UTC", "2026-12-01T03:00:00Z", undefined],
    ["Sat,Sun 00:00-24:00", "UTC", "2026-11-29T23:59:59Z", "2026-11-30T00:00:00.000Z"],
    ["daily 00:00-00:00", "UTC", "2026-12-02T12:00:00Z", "2026-12-03T00:00:00.000Z"],
    // The night in which clocks go from 02:00 to 03:00, and the one in which they go back.
    ["sun 01:30-03:30", "Europe/Berlin", "2026-03-29T01:15:00Z", "2026-03-29T01:30:00.000Z"],
    ["sun 01:30-03:30", "Europe/Berlin", "2026-10-25T02:15:00Z", "2026-10-25T02:30:00.000Z"],
  ];
  for (const [text, zone, now, end] of cases) {
    it(`"${text}" in ${zone} is ${end === undefined ? "not at" : "open at"} ${now}`, () => {
      assertEquals(iso(weeklyEnd(parseWeekly(text, zone)!, Date.parse(now))), end);
    });
  }

  for (
    const text of [
      "",
      "sun",
      "03:00-04:00",
      "sonntag 03:00-04:00",
      "sun 3:00-4:00",
      "sun 03:00-24:01",
      "sun 24:00-01:00",
      "sun 03:60-04:00",
      "mon-wed-fri 03:00-04:00",
      "sun, 03:00-04:00",
    ]
  ) {
    it(`is none of "${text}"`, () => assertEquals(parseWeekly(text, "UTC"), undefined));
  }
});

describe("isTimeZone", () => {
  it("knows names and offsets, and no nonsense", () => {
    assertEquals(["UTC", "Europe/Berlin", "+05:30"].map(isTimeZone), [true, true, true]);
    assertFalse(["", "Middle/Earth", "MESZ"].some(isTimeZone));
  });
});
