import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { durationSeconds } from "./duration.ts";

describe("a duration of Prometheus'", () => {
  const cases = [["15s", 15], ["1m30s", 90], ["250ms", 0.25], ["2d", 172_800]] as const;
  for (const [text, seconds] of [...cases, ["1.5h", undefined], ["", undefined]] as const) {
    it(`${JSON.stringify(text)} is ${seconds} s`, () => {
      assertEquals(durationSeconds(text), seconds);
    });
  }
});
