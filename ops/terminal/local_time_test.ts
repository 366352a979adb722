import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatLocalTime } from "./local_time.ts";

describe("formatLocalTime", () => {
  it("is the date and the minute in this machine's zone, without gaps", () => {
    assertEquals(formatLocalTime(new Date(2026, 0, 2, 3, 4, 59).getTime()), "2026-01-02 03:04");
    assertEquals(formatLocalTime(new Date(2026, 10, 26, 23, 59).getTime()), "2026-11-26 23:59");
  });
});
