import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { forEachLimited } from "./for_each_limited.ts";

describe("forEachLimited", () => {
  it("keeps to its limit, and to the order", async () => {
    const begun: number[] = [];
    let underWay = 0;
    let most = 0;
    await forEachLimited([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
    });
    assertEquals([begun, most], [[1, 2, 3, 4, 5], 2]);
  });

  it("does the others when one fails, and throws its error", async () => {
    const done: number[] = [];
    const work = (item: number): Promise<void> => {
      if (item === 1) return Promise.reject(new TypeError("one"));
      done.push(item);
      return Promise.resolve();
    };
    await assertRejects(() => forEachLimited([1, 2, 3], 1, work), TypeError, "one");
    assertEquals(done, [2, 3]);
  });

  it("throws all errors together", async () => {
    const work = (): Promise<void> => Promise.reject(new TypeError("no"));
    const error = await assertRejects(() => forEachLimited([1, 2], 5, work), AggregateError);
    assertEquals(error.errors.length, 2);
  });

  it("refuses a limit that lets nothing through", async () => {
    await assertRejects(() => forEachLimited([], 0, () => Promise.resolve()), RangeError);
  });
});
