import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type DeadlineEntry, DeadlineHeap } from "./deadline_heap.ts";

class Entry implements DeadlineEntry {
  deadline = Infinity;
  heapIndex = -1;
}

type Step =
  | { readonly do: "set"; readonly entry: number; readonly deadline: number }
  | { readonly do: "delete"; readonly entry: number }
  | { readonly do: "pop"; readonly now: number };

const entryCount = 12;
const entryIndex = fc.nat(entryCount - 1);
const time = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("set"), entry: entryIndex, deadline: time }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("set"),
      entry: entryIndex,
      deadline: fc.constant(Infinity),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete"), entry: entryIndex }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pop"), now: time }) },
) as fc.Arbitrary<Step>;

/** Applies `steps` to a heap and to a plain map, and compares them after each. */
function compareWithModel(steps: readonly Step[]): void {
  const heap = new DeadlineHeap<Entry>();
  const entries = Array.from({ length: entryCount }, () => new Entry());
  const model = new Map<Entry, number>();
  for (const action of steps) {
    if (action.do === "set") {
      const entry = entries[action.entry]!;
      heap.set(entry, action.deadline);
      if (action.deadline === Infinity) model.delete(entry);
      else model.set(entry, action.deadline);
    } else if (action.do === "delete") {
      heap.delete(entries[action.entry]!);
      model.delete(entries[action.entry]!);
    } else {
      const popped = heap.popDue(action.now);
      const nearest = Math.min(Infinity, ...model.values());
      assertEquals(popped !== undefined, nearest <= action.now);
      if (popped !== undefined) {
        assertEquals(model.get(popped), nearest);
        model.delete(popped);
      }
    }
    assertEquals(heap.size, model.size);
    assertEquals(heap.peek()?.deadline ?? Infinity, Math.min(Infinity, ...model.values()));
    for (const entry of entries) {
      assertEquals(entry.deadline, model.get(entry) ?? Infinity);
      assertEquals(entry.heapIndex >= 0, model.has(entry));
    }
  }
}

describe("DeadlineHeap", () => {
  it("behaves as a sorted set of deadlines, whatever is done to it", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), compareWithModel), { numRuns: 300 });
  });

  it("gives entries back in the order of their deadlines", () => {
    const heap = new DeadlineHeap<Entry>();
    const deadlines = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 1009);
    for (const deadline of deadlines) heap.set(new Entry(), deadline);
    const popped: number[] = [];
    for (;;) {
      const next = heap.peek()?.deadline;
      if (next === undefined) break;
      assert(heap.popDue(next) !== undefined);
      popped.push(next);
    }
    assertEquals(popped, deadlines.toSorted((a, b) => a - b));
  });

  it("keeps what is not due yet", () => {
    const heap = new DeadlineHeap<Entry>();
    const entry = new Entry();
    heap.set(entry, 10);
    assertEquals(heap.popDue(9.999), undefined);
    assertStrictEquals(heap.popDue(10), entry);
    assertEquals(heap.popDue(10), undefined);
  });

  it("takes an entry again after it was popped", () => {
    const heap = new DeadlineHeap<Entry>();
    const entry = new Entry();
    heap.set(entry, 1);
    heap.popDue(1);
    heap.set(entry, 2);
    heap.set(entry, 3);
    assertEquals([heap.size, heap.peek()?.deadline], [1, 3]);
  });
});
