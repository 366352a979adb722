import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { medianOf, spreadOf, turnsOf } from "./statistics.ts";

describe("statistics of measurements", () => {
  const cases: readonly (readonly [values: number[], median: number])[] = [
    [[3], 3],
    [[3, 1, 2], 2],
    [[10, 9, 1], 9],
    [[4, 1, 3, 2], 2.5],
  ];
  for (const [values, median] of cases) {
    it(`has ${median} for the middle of ${values.join(", ")}`, () => {
      assertEquals(medianOf(values), median);
    });
  }

  it("have a median with half of the values on each side, itself included", () => {
    fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const median = medianOf(values);
      const half = values.length / 2;
      assert(values.filter((value) => value <= median).length >= half);
      assert(values.filter((value) => value >= median).length >= half);
    }));
  });

  it("keep the least", () => {
    assertEquals(spreadOf([5, 2, 9]), { median: 5, min: 2 });
  });

  it("leave the values where they are", () => {
    const values = [3, 1, 2];
    medianOf(values);
    assertEquals(values, [3, 1, 2]);
  });

  it("are refused when there are no values", () => {
    assertThrows(() => medianOf([]), RangeError, "no values");
  });
});

describe("turns in a round", () => {
  it("begin with another one in each round", () => {
    const rounds = [0, 1, 2, 3].map((round) => turnsOf(["a", "b", "c"], round).join(""));
    assertEquals(rounds, ["abc", "bca", "cab", "abc"]);
  });
});
