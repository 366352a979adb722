import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { counterFacts, kernelFacts } from "../facts/test_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { memory, memoryKills, memoryPressure } from "./memory.ts";

describe("the check of memory", () => {
  for (
    const [availableBytes, status] of [
      [500_000, "ok"],
      [110_000, "ok"],
      [109_999, "warning"], // 10 %, rounded down
      [40_000, "warning"],
      [39_999, "critical"],
      [0, "critical"],
    ] as const
  ) {
    it(`takes ${availableBytes} of 1000000 bytes for ${status}`, () => {
      const facts = { kernel: kernelFacts({ availableBytes }) };
      assertEquals(statuses(memory, { facts }), [["", status]]);
    });
  }

  it("says how much there is, of swap too, and how to see who has it", () => {
    const kernel = kernelFacts({ availableBytes: 0, swapBytes: 2048, freeSwapBytes: 1024 });
    const { value, remedy } = onlyVerdict(memory, { facts: { kernel } });
    assertEquals(value, "0 % of 977 KiB available, 1.0 KiB of 2.0 KiB swap in use");
    assertMatch(remedy, /deno task exec -i … h -- 'ps .*'$/);
  });

  it("says nothing where the host did not tell", () => {
    assertEquals(statuses(memory, {}), []);
    assertEquals(statuses(memory, { facts: { kernel: kernelFacts({ memoryBytes: 0 }) } }), []);
  });
});

describe("the check of memory pressure", () => {
  for (
    const [memoryStall, status] of [[0, "ok"], [0.099, "ok"], [0.1, "warning"], [
      0.5,
      "critical",
    ]] as const
  ) {
    it(`takes a stall of ${memoryStall} for ${status}`, () => {
      const facts = { kernel: kernelFacts({ memoryStall }) };
      assertEquals(statuses(memoryPressure, { facts }), [["", status]]);
    });
  }

  it("says nothing where the kernel does not measure it", () => {
    const facts = { kernel: kernelFacts({ memoryStall: undefined }) };
    assertEquals(statuses(memoryPressure, { facts }), []);
    assertEquals(statuses(memoryPressure, {}), []);
  });
});

describe("the check of processes that were killed", () => {
  const clock = { nowMs: 600_000, bootId: "a" };
  const before = { clock: { nowMs: 300_000, bootId: "a" }, counters: counterFacts() };

  it("finds those since the sweep before", () => {
    const facts = { clock, counters: counterFacts({ memoryKills: 2 }) };
    const { status, value, measure } = onlyVerdict(memoryKills, { facts, before });
    assertEquals(status, "warning");
    assertEquals(value, "2 processes killed for lack of memory in the last 5 min 00 s");
    assertEquals(measure, { value: 2, unit: "count" });
  });

  it("leaves those of earlier times alone", () => {
    const counters = counterFacts({ memoryKills: 2 });
    const facts = { clock, counters };
    assertEquals(statuses(memoryKills, { facts, before: { ...before, counters } }), [["", "ok"]]);
    assertEquals(statuses(memoryKills, { facts }), []);
  });
});
