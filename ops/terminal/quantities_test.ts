import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { counted, formatBytes, formatClock, formatDuration } from "./quantities.ts";

describe("formatDuration", () => {
  const cases: [ms: number, text: string][] = [
    [0, "0.0 s"],
    [49, "0.0 s"],
    [50, "0.1 s"],
    [9949, "9.9 s"],
    [9950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_600_000, "1 h 00 min"],
    [3_725_000, "1 h 02 min"],
    [360_000_000, "100 h 00 min"],
  ];
  for (const [ms, text] of cases) {
    it(`says ${text} for ${ms} ms`, () => assertEquals(formatDuration(ms), text));
  }
});

describe("formatClock", () => {
  const cases: [ms: number, text: string][] = [
    [0, "0:00"],
    [999, "0:00"],
    [4000, "0:04"],
    [754_000, "12:34"],
    [3_723_000, "1:02:03"],
  ];
  for (const [ms, text] of cases) {
    it(`says ${text} for ${ms} ms`, () => assertEquals(formatClock(ms), text));
  }
});

describe("formatBytes", () => {
  const cases: [bytes: number, text: string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [10_188, "9.9 KiB"],
    [10_240, "10 KiB"],
    [1_048_063, "1023 KiB"],
    [1_048_064, "1.0 MiB"],
    [35_651_584, "34 MiB"],
    [2 ** 40 * 5000, "5000 TiB"],
  ];
  for (const [bytes, text] of cases) {
    it(`says ${text} for ${bytes} bytes`, () => assertEquals(formatBytes(bytes), text));
  }
});

describe("counted", () => {
  it("has a plural", () => {
    assertEquals([counted(0, "host"), counted(1, "host"), counted(2, "host")], [
      "0 hosts",
      "1 host",
      "2 hosts",
    ]);
    assertEquals(counted(2, "batch", "batches"), "2 batches");
  });
});
