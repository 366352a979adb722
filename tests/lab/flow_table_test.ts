import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { FlowTable } from "./flow_table.ts";

describe("a flow table", () => {
  it("gives up the entry that was not used for the longest time", () => {
    const table = new FlowTable<string>(2);
    assertEquals(table.add(1, "one"), undefined);
    assertEquals(table.add(2, "two"), undefined);
    assertEquals(table.use(1), "one");
    assertEquals(table.add(3, "three"), "two");
    assertEquals([table.use(1), table.use(2), table.use(3)], ["one", undefined, "three"]);
  });

  it("never has more than its capacity, and loses no entry without saying so", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(9)),
      (capacity, keys) => {
        const table = new FlowTable<number>(capacity);
        const present = new Set<number>();
        for (const key of keys) {
          assertEquals(table.use(key), present.has(key) ? key : undefined);
          if (present.has(key)) continue;
          const evicted = table.add(key, key);
          if (evicted !== undefined) present.delete(evicted);
          present.add(key);
          assertEquals(table.size, present.size);
          assertEquals(table.size <= capacity, true);
        }
      },
    ));
  });
});
