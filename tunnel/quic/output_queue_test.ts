import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../fake_clock.ts";
import { acknowledgmentDelayMs } from "./limits.ts";
import { OutputQueue, type OutputSource } from "./output_queue.ts";

class Source implements OutputSource {
  flushScheduled = false;
  acknowledgmentScheduled = false;
  needsAcknowledgment = true;
  flushes = 0;
  onFlush: () => boolean = () => true;

  flush(): boolean {
    this.flushes += 1;
    return this.onFlush();
  }
}

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("OutputQueue", () => {
  it("flushes a source once at the end of a turn, however often it was scheduled", async () => {
    const queue = new OutputQueue(new FakeClock());
    const source = new Source();
    queue.beginTurn();
    queue.schedule(source);
    queue.schedule(source);
    await immediate();
    assertEquals(source.flushes, 0);
    queue.flush();
    queue.flush();
    assertEquals([source.flushes, source.flushScheduled], [1, false]);
  });

  it("flushes soon when there is no turn", async () => {
    const queue = new OutputQueue(new FakeClock());
    const source = new Source();
    queue.schedule(source);
    assertEquals(source.flushes, 0);
    await immediate();
    assertEquals(source.flushes, 1);
  });

  it("flushes what was scheduled by a flush", async () => {
    const queue = new OutputQueue(new FakeClock());
    const [first, second] = [new Source(), new Source()];
    first.onFlush = () => {
      queue.schedule(second);
      return true;
    };
    queue.schedule(first);
    queue.flush();
    assertEquals([first.flushes, second.flushes], [1, 0]);
    await immediate();
    assertEquals(second.flushes, 1);
  });

  it("keeps everything in order, and nothing twice, while the socket is full", () => {
    const queue = new OutputQueue(new FakeClock());
    const order: string[] = [];
    const sources = ["a", "b", "c"].map((name) => {
      const source = new Source();
      source.onFlush = () => {
        order.push(name);
        return true;
      };
      return source;
    });
    sources[1]!.onFlush = () => {
      // It is scheduled again while it is being flushed.
      queue.schedule(sources[1]!);
      return false;
    };
    for (const source of sources) queue.schedule(source);
    queue.flush();
    assertEquals(order, ["a"]);
    assertEquals(sources.map((source) => source.flushScheduled), [false, true, true]);
    sources[1]!.onFlush = () => {
      order.push("b");
      return true;
    };
    queue.flush();
    queue.flush();
    assertEquals(order, ["a", "b", "c"]);
  });

  it("sends acknowledgments together, a little later", () => {
    const clock = new FakeClock();
    const queue = new OutputQueue(clock);
    const [first, second] = [new Source(), new Source()];
    queue.scheduleAcknowledgment(first);
    clock.advance(acknowledgmentDelayMs - 1);
    queue.scheduleAcknowledgment(first);
    queue.scheduleAcknowledgment(second);
    assertEquals(first.flushes, 0);
    clock.advance(1);
    assertEquals([first.flushes, second.flushes], [1, 1]);
    assertEquals(clock.pendingTimers, 0);
    queue.scheduleAcknowledgment(first);
    clock.advance(acknowledgmentDelayMs);
    assertEquals(first.flushes, 2);
  });

  it("sends no acknowledgment that data has carried", () => {
    const clock = new FakeClock();
    const queue = new OutputQueue(clock);
    const source = new Source();
    queue.scheduleAcknowledgment(source);
    source.needsAcknowledgment = false;
    clock.advance(acknowledgmentDelayMs);
    assertEquals(source.flushes, 0);
  });

  it("flushes nothing when it is closed, and leaves no timer", async () => {
    const clock = new FakeClock();
    const queue = new OutputQueue(clock);
    const source = new Source();
    queue.scheduleAcknowledgment(source);
    queue.schedule(source);
    queue.close();
    queue.flush();
    await immediate();
    assertEquals([source.flushes, clock.pendingTimers], [0, 0]);
  });
});
