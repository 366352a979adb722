import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { axisMarks, niceAxis } from "./axis.ts";

describe("an axis", () => {
  it("has round marks", () => {
    assertEquals(niceAxis(0, 47), { min: 0, max: 60, interval: 20 });
    assertEquals(niceAxis(0, 1), { min: 0, max: 1, interval: 0.25 });
  });

  it("has marks of powers of two for bytes, and of whole minutes for seconds", () => {
    assertEquals(niceAxis(0, 90 * 1024 ** 2, { unit: "bytes" }).interval, 32 * 1024 ** 2);
    assertEquals(niceAxis(0, 500, { unit: "s" }).interval, 300);
  });

  it("has room around a value that never changes", () => {
    assertEquals(niceAxis(0, 0), { min: 0, max: 1, interval: 0.25 });
    const { min, max } = niceAxis(-3, -3);
    assert(min <= -3 && max > -3);
  });

  it("holds all values, with few marks, whatever they are", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const unit = fc.constantFrom("s", "bytes", "short");
    fc.assert(fc.property(value, value, unit, (a, b, unit) => {
      const bounded = [a, b].map((value) => Math.min(Math.max(value, -1e300), 1e300));
      const [low, high] = [Math.min(...bounded), Math.max(...bounded)];
      const { min, max, interval } = niceAxis(Math.min(a, b), Math.max(a, b), { unit });
      const slack = interval * 1e-6;
      assert(min <= low + slack && max >= high - slack, `${min} to ${max} for ${low} to ${high}`);
      assert((max - min) / interval <= 12, `${(max - min) / interval} marks`);
    }));
  });
});

describe("the marks of an axis", () => {
  it("are from the one end to the other", () => {
    assertEquals(axisMarks({ min: -20, max: 40, interval: 20 }), [-20, 0, 20, 40]);
    assertEquals(axisMarks({ min: 0.7, max: 0.8, interval: 0.1 }).length, 2);
  });

  it("end before an end that is none of them", () => {
    assertEquals(axisMarks({ min: 0, max: 50, interval: 20 }), [0, 20, 40]);
  });
});
