import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  exceedsMaxFail,
  type HostCount,
  parseMaxFail,
  parseSerial,
  planBatches,
  type Serial,
} from "./batches.ts";

const count = fc.record({ unit: fc.constant("hosts" as const), value: fc.nat(50) });
const percentage = fc.record({ unit: fc.constant("percent" as const), value: fc.nat(100) });
const size = fc.oneof(count, percentage).map(({ unit, value }): HostCount => ({
  unit,
  value: Math.max(1, value),
}));
const serial = fc.tuple(size, fc.array(size, { maxLength: 5 })).map(
  ([first, others]): Serial => [first, ...others],
);

/** As it is written on the command line. */
function written({ unit, value }: HostCount): string {
  return unit === "percent" ? `${value}%` : `${value}`;
}

describe("planBatches", () => {
  const cases: [total: number, serial: string | undefined, sizes: number[]][] = [
    [0, undefined, []],
    [0, "1", []],
    [5, undefined, [5]],
    [5, "2", [2, 2, 1]],
    [5, "9", [5]],
    [10, "25%", [2, 2, 2, 2, 2]],
    [3, "1%", [1, 1, 1]],
    [7, "100%", [7]],
    [20, "1,10%,50%", [1, 2, 10, 7]],
    [10, "1,5,1", [1, 5, 1, 1, 1, 1]],
    // Ansible computes with fractions and gets 28 here.
    [100, "29%", [29, 29, 29, 13]],
  ];
  for (const [total, text, sizes] of cases) {
    it(`divides ${total} hosts by ${text} into ${sizes.join("+") || "nothing"}`, () => {
      const hosts = Array.from({ length: total }, (_, i) => i);
      const plan = planBatches(hosts, text === undefined ? undefined : parseSerial(text));
      assertEquals(plan.map(({ length }) => length), sizes);
    });
  }

  it("takes every host once, in order, in batches that are never empty", () => {
    fc.assert(fc.property(fc.array(fc.string(), { maxLength: 200 }), serial, (hosts, steps) => {
      const batches = planBatches(hosts, steps);
      assertEquals(batches.flat(), hosts);
      assert(batches.every(({ length }) => length > 0));
    }));
  });

  it("makes no batch larger than its step says, and only the last one smaller", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), serial, (total, steps) => {
      const batches = planBatches(Array.from({ length: total }, () => 0), steps);
      for (const [i, batch] of batches.entries()) {
        const { unit, value } = steps[Math.min(i, steps.length - 1)]!;
        const most = unit === "hosts" ? value : Math.max(1, Math.floor(value / 100 * total + 1e-9));
        assert(i === batches.length - 1 ? batch.length <= most : batch.length === most);
      }
    }));
  });
});

describe("parseSerial", () => {
  it("reads back every serial value", () => {
    fc.assert(fc.property(serial, (steps) => {
      assertEquals(parseSerial(steps.map(written).join(",")), steps);
    }));
  });

  for (
    const text of ["", "0", "0%", "101%", "-1", "1.5", "1,", ",1", "1;2", "%", "x", "1e3", "0x1"]
  ) {
    it(`refuses ${JSON.stringify(text)}`, () => assertEquals(parseSerial(text), undefined));
  }

  it("refuses lists without end", () => {
    assertEquals(parseSerial(Array.from({ length: 101 }, () => "1").join(",")), undefined);
  });
});

describe("exceedsMaxFail", () => {
  const cases: [failed: number, total: number, limit: string, exceeds: boolean][] = [
    [0, 10, "0", false],
    [1, 10, "0", true],
    [1, 10, "1", false],
    [2, 10, "1", true],
    [0, 10, "0%", false],
    [1, 10, "0%", true],
    [3, 10, "30%", false],
    [4, 10, "30%", true],
    [1, 3, "33%", true],
    [1, 3, "34%", false],
    [10, 10, "100%", false],
    [0, 0, "0%", false],
  ];
  for (const [failed, total, limit, exceeds] of cases) {
    it(`says ${exceeds ? "yes" : "no"} to ${failed} of ${total} with ${limit}`, () => {
      assertEquals(exceedsMaxFail(failed, total, parseMaxFail(limit)!), exceeds);
    });
  }

  it("refuses every number of failures above one that it refuses", () => {
    const limit = fc.oneof(count, percentage);
    fc.assert(fc.property(fc.nat(100), fc.nat(100), limit, (failed, others, given) => {
      const total = failed + others;
      if (exceedsMaxFail(failed, total, given)) {
        for (let more = failed; more <= total; more++) assert(exceedsMaxFail(more, total, given));
      } else if (given.unit === "percent") {
        assert(total === 0 || failed / total <= given.value / 100 + 1e-9);
      }
    }));
  });

  for (const text of ["", "-1", "101%", "1.5%", "01", "x"]) {
    it(`has no limit ${JSON.stringify(text)}`, () => assertEquals(parseMaxFail(text), undefined));
  }
});
