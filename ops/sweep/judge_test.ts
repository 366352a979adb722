import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { judge } from "./judge.ts";

describe("judge", () => {
  it("takes more for worse where the critical bound is the higher one", () => {
    const bounds = { warning: 80, critical: 90 };
    assertEquals([79, 80, 89, 90].map((value) => judge(value, bounds)), [
      "ok",
      "warning",
      "warning",
      "critical",
    ]);
  });

  it("takes less for worse where the critical bound is the lower one", () => {
    const bounds = { warning: 21, critical: 3 };
    assertEquals([22, 21, 4, 3].map((value) => judge(value, bounds)), [
      "ok",
      "warning",
      "warning",
      "critical",
    ]);
  });
});
