import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ForwardingTimer, ReceivedBatch } from "./forwarding_time.ts";

/** A queue of packets that are timed. */
class Queue {
  readonly batch = new ReceivedBatch();
  readonly samples: number[] = [];
  readonly timer = new ForwardingTimer({
    batch: this.batch,
    onSample: (ms) => this.samples.push(ms),
  });
  waiting = 0;

  add(count: number, isForwarded = true): this {
    for (let i = 0; i < count; i++) this.timer.queued(isForwarded);
    this.waiting += count;
    return this;
  }

  send(count: number, nowMs: number): this {
    this.waiting -= count;
    if (this.timer.hasLeft(this.waiting)) this.timer.finish(nowMs);
    return this;
  }
}

describe("ForwardingTimer", () => {
  it("times the first packet of a batch, from its receipt until it has left", () => {
    const queue = new Queue();
    queue.batch.begin(100);
    queue.add(3).send(3, 107);
    assertEquals(queue.samples, [7]);
  });

  it("waits for a packet that others are in front of", () => {
    const queue = new Queue().add(5, false);
    queue.batch.begin(100);
    queue.add(2).send(5, 110);
    assertEquals(queue.samples, []);
    queue.send(1, 140);
    assertEquals(queue.samples, [40]);
  });

  it("times one packet of each batch, and one at a time", () => {
    const queue = new Queue();
    queue.batch.begin(100);
    queue.add(1).send(1, 101).add(1).send(1, 102);
    assertEquals(queue.samples, [1]);
    queue.batch.begin(200);
    queue.add(1);
    queue.batch.begin(300);
    queue.add(1).send(2, 305);
    assertEquals(queue.samples, [1, 105]);
  });

  it("does not time what is not forwarded", () => {
    const queue = new Queue();
    queue.batch.begin(100);
    queue.add(4, false).send(4, 110);
    assertEquals(queue.samples, []);
  });

  it("forgets a packet for which there was no room, or that will not leave", () => {
    const queue = new Queue();
    queue.batch.begin(100);
    queue.timer.queued(true);
    queue.timer.withdraw();
    queue.batch.begin(200);
    queue.add(1);
    queue.timer.cancel();
    queue.send(1, 210);
    assertEquals(queue.samples, []);
    queue.batch.begin(300);
    queue.add(1).send(1, 303);
    assertEquals(queue.samples, [3]);
  });

  it("times each packet as a queue that remembers all of them would", () => {
    const step = fc.record({ adds: fc.nat(4), forwarded: fc.boolean(), sends: fc.nat(6) });
    fc.assert(fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const queue = new Queue();
      const model: (number | undefined)[] = [];
      const expected: number[] = [];
      let nowMs = 0;
      for (const { adds, forwarded, sends } of steps) {
        queue.batch.begin(++nowMs);
        queue.add(adds, forwarded);
        const isBusy = model.some((sinceMs) => sinceMs !== undefined);
        for (let i = 0; i < adds; i++) {
          model.push(forwarded && i === 0 && !isBusy ? nowMs : undefined);
        }
        nowMs += 1;
        const left = model.splice(0, sends);
        for (const sinceMs of left) if (sinceMs !== undefined) expected.push(nowMs - sinceMs);
        queue.send(left.length, nowMs);
        assertEquals(queue.samples, expected);
      }
    }));
  });
});
