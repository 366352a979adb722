import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { kernelFacts } from "../facts/test_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { load } from "./load.ts";

describe("the check of load", () => {
  for (
    const [fiveMinutes, status] of [
      [0, "ok"],
      [3.99, "ok"],
      [4, "warning"],
      [15.99, "warning"],
      [16, "critical"],
    ] as const
  ) {
    it(`takes ${fiveMinutes} on two processors for ${status}`, () => {
      const facts = { kernel: kernelFacts({ load: [99, fiveMinutes, 99] }) };
      assertEquals(statuses(load, { facts }), [["", status]]);
    });
  }

  it("says what it is, and how to see of what", () => {
    const facts = { kernel: kernelFacts({ load: [0, 16.6, 0] }) };
    const { value, remedy, measure } = onlyVerdict(load, { facts });
    assertEquals(value, "8.3 for each of 2 processors, in five minutes");
    assertMatch(remedy, /deno task exec -i … h -- 'top/);
    assertEquals(measure, { value: 8.3, unit: "ratio" });
    assertEquals(statuses(load, {}), []);
  });
});
