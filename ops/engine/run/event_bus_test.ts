import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../../../tunnel/fake_clock.ts";
import type { StampedEvent } from "./event.ts";
import { EventBus } from "./event_bus.ts";

describe("EventBus", () => {
  it("stamps events with the time since the start and the time of day", () => {
    const clock = new FakeClock(5000);
    const bus = new EventBus({ clock, startedAt: new Date("2026-03-01T10:00:00Z") });
    const seen: StampedEvent[] = [];
    bus.subscribe("this", (event) => seen.push(event));
    bus.emit({ type: "step", text: "a" });
    clock.advance(1500);
    bus.emit({ type: "step", text: "b" });
    assertEquals(seen, [
      { type: "step", text: "a", atMs: 0, time: "2026-03-01T10:00:00.000Z" },
      { type: "step", text: "b", atMs: 1500, time: "2026-03-01T10:00:01.500Z" },
    ]);
  });

  it("gives a sink nothing more when its subscription is disposed of", () => {
    const bus = new EventBus();
    const seen: string[] = [];
    const subscription = bus.subscribe("this", ({ type }) => seen.push(type));
    bus.emit({ type: "step", text: "a" });
    subscription[Symbol.dispose]();
    bus.emit({ type: "step", text: "b" });
    assertEquals(seen, ["step"]);
  });

  it("drops a sink that fails, tells the others why, and never fails itself", () => {
    const bus = new EventBus();
    const texts: string[] = [];
    let calls = 0;
    const failing = (): void => {
      calls++;
      throw new Error("disk full");
    };
    bus.subscribe("the audit", failing);
    bus.subscribe("this", (event) => {
      if ("text" in event) texts.push(event.text);
    });
    bus.emit({ type: "step", text: "a" });
    bus.emit({ type: "step", text: "b" });
    assertEquals([calls, texts], [1, ["a", "Cannot go on with the audit: disk full", "b"]]);
  });

  it("survives that all sinks fail", () => {
    const bus = new EventBus();
    let calls = 0;
    for (let i = 0; i < 3; i++) {
      bus.subscribe(`sink ${i}`, () => {
        calls++;
        throw new Error("no");
      });
    }
    bus.emit({ type: "step", text: "a" });
    bus.emit({ type: "step", text: "b" });
    assertEquals(calls, 3);
  });
});
