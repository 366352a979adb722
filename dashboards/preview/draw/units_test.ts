import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatValue } from "./units.ts";

describe("a value with its unit", () => {
  const cases: readonly (readonly [value: number, unit: string, text: string])[] = [
    [0, "short", "0"],
    [1234, "short", "1.23 K"],
    [2_500_000, "short", "2.5 Mil"],
    [0.5, "none", "0.5"],
    [100_000, "none", "100000"],
    [0, "s", "0 s"],
    [0.0000025, "s", "2.5 µs"],
    [0.0123, "s", "12.3 ms"],
    [1, "s", "1 s"],
    [90, "s", "1.5 mins"],
    [86_400, "s", "1 day"],
    [-90, "s", "-1.5 mins"],
    [250, "ms", "250 ms"],
    [1500, "ms", "1.5 s"],
    [1536, "bytes", "1.5 KiB"],
    [1024 ** 3, "bytes", "1 GiB"],
    [1500, "decbytes", "1.5 kB"],
    [52_400, "Bps", "52.4 kB/s"],
    [2048, "binBps", "2 KiB/s"],
    [1500, "bps", "1.5 kb/s"],
    [448, "pps", "448 p/s"],
    [0.33, "cps", "0.33 c/s"],
    [1500, "reqps", "1.5 K req/s"],
    [99.95, "percent", "100%"],
    [0.0132, "percentunit", "1.32%"],
    [1_795_680_000_000, "dateTimeAsIso", "2026-11-26 08:00:00"],
    [90_061, "dtdurations", "1 day, 1 hour"],
    [3725, "dthms", "01:02:05"],
    [1, "bool_yes_no", "Yes"],
    [0, "bool_on_off", "Off"],
    [3, "suffix: hops", "3 hops"],
    [3, "prefix:#", "#3"],
    [3, "furlongs", "3 furlongs"],
    [NaN, "s", "NaN"],
    [Infinity, "s", "+Inf"],
    [-Infinity, "short", "-Inf"],
    [1e300, "none", "1.00e+300"],
    [8.64e18, "dateTimeAsIso", "8640000000000000000 ms"],
  ];
  for (const [value, unit, text] of cases) {
    it(`writes ${value} in ${unit} as ${text}`, () => {
      assertEquals(formatValue(value, { unit }), text);
    });
  }

  it("has as many digits as the panel says", () => {
    assertEquals(formatValue(0.12345, { unit: "percentunit", decimals: 1 }), "12.3%");
    assertEquals(formatValue(5, { unit: "short", decimals: 2 }), "5.00");
  });

  it("tells how long ago a time is", () => {
    const now = 1_795_680_000;
    const unit = "dateTimeFromNow";
    assertEquals(formatValue((now - 7200) * 1000, { unit, now }), "2 hours ago");
    assertEquals(formatValue((now + 86_400) * 1000, { unit, now }), "in 1 day");
  });
});
