import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { OutageDetector } from "./outage_detector.ts";

/** One packet every `intervalMs`: `.` was answered, `x` was lost. */
function outagesOf(
  pattern: string,
  intervalMs: number,
): { startMs: number; durationMs: number; lost: number }[] {
  const detector = new OutageDetector();
  for (const [index, mark] of [...pattern].entries()) {
    if (mark === ".") detector.answered(index * intervalMs);
    else detector.lost(index * intervalMs);
  }
  return detector.summary().outages;
}

describe("OutageDetector", () => {
  const cases: { it: string; pattern: string; intervalMs: number; outages: number[][] }[] = [
    { it: "finds none when all is answered", pattern: "....", intervalMs: 1000, outages: [] },
    { it: "finds none before anything was sent", pattern: "", intervalMs: 1000, outages: [] },
    {
      it: "takes a gap of 3 intervals for loss, not for an outage",
      pattern: "..xx..",
      intervalMs: 1000,
      outages: [],
    },
    {
      it: "counts a gap of 4 intervals, from send time to send time of the answered ones",
      pattern: "..xxx..",
      intervalMs: 1000,
      outages: [[1000, 4000, 3]],
    },
    {
      it: "ignores a gap of 100 ms, however many packets were lost in it",
      pattern: ".xxxxxxxxx.",
      intervalMs: 10,
      outages: [],
    },
    {
      it: "counts the first gap that is longer than 100 ms",
      pattern: ".xxxxxxxxxx.",
      intervalMs: 10,
      outages: [[0, 110, 10]],
    },
    {
      it: "does not join two gaps with an answered packet between them",
      pattern: ".xxx.xx.xxx.",
      intervalMs: 100,
      outages: [[0, 400, 3], [700, 400, 3]],
    },
    {
      it: "begins with the first packet when that was lost",
      pattern: "xxx.",
      intervalMs: 100,
      outages: [[0, 300, 3]],
    },
    {
      it: "ends with the last packet when that was lost",
      pattern: ".xxx",
      intervalMs: 100,
      outages: [[0, 300, 3]],
    },
    {
      it: "covers a run in which nothing was answered",
      pattern: "xxxx",
      intervalMs: 100,
      outages: [[0, 300, 4]],
    },
  ];
  for (const { it: promise, pattern, intervalMs, outages } of cases) {
    it(promise, () => {
      const found = outagesOf(pattern, intervalMs);
      assertEquals(
        found.map(({ startMs, durationMs, lost }) => [startMs, durationMs, lost]),
        outages,
      );
    });
  }

  it("does not take a sender that paused for an outage", () => {
    const detector = new OutageDetector();
    detector.answered(0);
    detector.lost(10);
    detector.answered(10_000);
    assertEquals(detector.summary().count, 0);
  });

  it("keeps 1,000 outages one by one and counts the others", () => {
    const detector = new OutageDetector();
    for (let at = 0; at < 1100 * 400; at += 100) {
      if (at % 400 === 0) detector.answered(at);
      else detector.lost(at + (at > 1050 * 400 ? 1 : 0));
    }
    const { outages, count, longestMs } = detector.summary();
    assertEquals([outages.length, count, longestMs], [1000, 1100, 400]);
  });

  it("changes nothing when asked in the middle of an outage", () => {
    const detector = new OutageDetector();
    detector.answered(0);
    for (const at of [100, 200, 300]) detector.lost(at);
    assertEquals(detector.summary().longestMs, 300);
    detector.lost(400);
    detector.answered(500);
    assertEquals(detector.summary(), {
      outages: [{ startMs: 0, durationMs: 500, lost: 4 }],
      count: 1,
      longestMs: 500,
    });
  });
});
