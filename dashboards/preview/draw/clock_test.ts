import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatClock, formatSpan } from "./clock.ts";

const noon = Date.UTC(2026, 10, 26, 12) / 1000;

describe("a time on an axis", () => {
  const cases = [[10, "12:00:00"], [60, "12:00"], [43_200, "11-26 12:00"], [
    86_400,
    "11-26",
  ]] as const;
  for (const [apart, text] of cases) {
    it(`is ${text} where marks are ${apart} s apart`, () => {
      assertEquals(formatClock(noon, apart), text);
    });
  }
});

describe("a range of time", () => {
  it("says the date once, or twice when it is another", () => {
    assertEquals(
      formatSpan({ start: noon, end: noon + 60 }),
      "2026-11-26 12:00:00 to 12:01:00 UTC",
    );
    assertEquals(
      formatSpan({ start: noon, end: noon + 86_400 }),
      "2026-11-26 12:00:00 to 2026-11-27 12:00:00 UTC",
    );
  });
});
