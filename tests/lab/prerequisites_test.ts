import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { LabPrerequisiteError } from "./lab_error.ts";
import { skipOrThrow } from "./prerequisites.ts";

describe("a test that needs a lab", () => {
  it("is skipped, with the reason, where it can't run", () => {
    assertEquals(skipOrThrow("no root", new Map()), "no root");
    assertEquals(skipOrThrow(undefined, new Map([["CI", "1"]])), undefined);
  });

  for (const name of ["CI", "ZTNA_REQUIRE_LAB"]) {
    it(`fails instead where ${name} is 1`, () => {
      assertThrows(
        () => skipOrThrow("no root", new Map([[name, "1"]])),
        LabPrerequisiteError,
        "no root",
      );
    });
  }
});
