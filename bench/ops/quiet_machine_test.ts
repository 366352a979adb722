import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseProcessorTimes } from "./quiet_machine.ts";

describe("the processors' times", () => {
  it("are those of all processors, with guests counted once", () => {
    const text = "cpu  100 10 50 800 20 5 5 10 7 3\ncpu0 50 5 25 400 10 2 3 5 4 1\nintr 12 3\n";
    assertEquals(parseProcessorTimes(text), { idle: 820, total: 1000 });
  });
});
