import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { Registration, type RegistrationEvent } from "./registration.ts";

interface Harness {
  readonly registration: Registration;
  readonly clock: FakeClock;
  /** When registrations were sent. */
  readonly sentMs: number[];
  readonly events: RegistrationEvent[];
  connectionTakes: boolean;
}

function makeRegistration(random: () => number = () => 0.5): Harness {
  const clock = new FakeClock();
  const sentMs: number[] = [];
  const events: RegistrationEvent[] = [];
  const harness: { -readonly [K in keyof Harness]: Harness[K] } = {
    registration: new Registration({
      send(): boolean {
        sentMs.push(clock.now());
        return harness.connectionTakes;
      },
      onEvent: (event) => void events.push(event),
      clock,
      random,
      timeoutMs: 2000,
      maxIntervalMs: 30_000,
    }),
    clock,
    sentMs,
    events,
    connectionTakes: true,
  };
  return harness;
}

describe("Registration", () => {
  it("is sent at once and accepted by an ACK", () => {
    const { registration, clock, sentMs, events } = makeRegistration();
    assertEquals(registration.state, "idle");
    registration.start();
    assertEquals([registration.state, sentMs.length], ["pending", 1]);
    registration.onAck();
    assertEquals(registration.state, "registered");
    assertEquals(events, [{ type: "accepted" }]);
    assertEquals(clock.pendingTimers, 0);
    clock.advance(3_600_000);
    assertEquals(sentMs.length, 1);
  });

  it("is repeated for ever until an ACK, after 2 s and then ever more seldom (fault LC30)", () => {
    const { registration, clock, sentMs, events } = makeRegistration(() => 0.999);
    registration.start();
    clock.advance(3_600_000);
    const intervals = sentMs.slice(1).map((at, i) => Math.round(at - sentMs[i]!));
    assertEquals(intervals.slice(0, 6), [2000, 3996, 7992, 15_984, 29_970, 29_970]);
    assertGreaterOrEqual(sentMs.length, 120);
    assertEquals(events.length, sentMs.length - 1);
    assertEquals(events[1], { type: "timeout", attempts: 2, retryInMs: 7992 });
    registration.onAck();
    assertEquals([registration.state, clock.pendingTimers], ["registered", 0]);
  });

  it("after a NACK says so, backs off and tries again; a later ACK registers (vector D12)", () => {
    const { registration, clock, sentMs, events } = makeRegistration();
    registration.start();
    registration.onNack(2);
    assertEquals([registration.state, registration.deniedStatus], ["denied", 2]);
    assertEquals(events, [{ type: "denied", status: 2, retryInMs: 2000 }]);
    clock.advance(2000);
    assertEquals(sentMs, [0, 2000]);
    // No answer to that one: still denied, as far as anybody knows.
    assertEquals(registration.state, "denied");
    registration.onAck();
    assertEquals([registration.state, registration.deniedStatus], ["registered", undefined]);
    assertEquals(clock.pendingTimers, 0);
  });

  it("is not put off by a stream of NACKs", () => {
    const { registration, clock, sentMs } = makeRegistration();
    registration.start();
    for (let ms = 0; ms < 60_000; ms += 100) {
      registration.onNack(2);
      clock.advance(100);
    }
    assertGreaterOrEqual(sentMs.length, 5);
  });

  it("takes an ACK however late", () => {
    const { registration, clock } = makeRegistration();
    registration.start();
    clock.advance(600_000);
    registration.onAck();
    assertEquals(registration.state, "registered");
  });

  it("believes a NACK that follows an ACK, and asks again", () => {
    const { registration, clock, sentMs } = makeRegistration();
    registration.start();
    registration.onAck();
    registration.onNack(2);
    assertEquals(registration.state, "denied");
    clock.advance(2000);
    assertEquals(sentMs.length, 2);
  });

  it("ignores answers without a connection, and repeated ACKs", () => {
    const { registration, events } = makeRegistration();
    registration.onAck();
    registration.onNack(2);
    assertEquals([registration.state, events.length], ["idle", 0]);
    registration.start();
    registration.onAck();
    registration.onAck();
    assertEquals(events.length, 1);
  });

  it("tells when the connection didn't take it, and tries again as if it were lost", () => {
    const harness = makeRegistration();
    harness.connectionTakes = false;
    harness.registration.start();
    assertEquals(harness.events, [{ type: "send_failed" }]);
    harness.connectionTakes = true;
    harness.clock.advance(2000);
    assertEquals([harness.registration.state, harness.sentMs.length], ["pending", 2]);
  });

  it("starts anew with a new connection and does nothing after its end", () => {
    const { registration, clock, sentMs } = makeRegistration();
    registration.start();
    clock.advance(100_000);
    registration.stop();
    const before = sentMs.length;
    clock.advance(100_000);
    assertEquals([registration.state, sentMs.length, clock.pendingTimers], ["idle", before, 0]);
    registration.start();
    clock.advance(2000);
    assertEquals(sentMs.length, before + 2);
  });

  it("under any events has a timer exactly while it waits, and never sends faster than 2 s", () => {
    const step = fc.oneof(
      fc.constantFrom("start", "stop", "ack", "nack"),
      fc.nat(20_000),
    );
    fc.assert(fc.property(fc.array(step), fc.infiniteStream(fc.nat(999)), (steps, jitter) => {
      const { registration, clock, sentMs } = makeRegistration(() => jitter.next().value! / 1000);
      for (const each of steps) {
        const sentBefore = sentMs.length;
        if (each === "start") registration.start();
        else if (each === "stop") registration.stop();
        else if (each === "ack") registration.onAck();
        else if (each === "nack") registration.onNack(2);
        else {
          clock.advance(each);
          assertLessOrEqual(sentMs.length - sentBefore, 1 + each / 2000);
        }
        const waits = registration.state === "pending" || registration.state === "denied";
        assertEquals(clock.pendingTimers, waits ? 1 : 0);
        assert(!waits || clock.nextTimerMs! <= 30_000);
      }
    }));
  });
});
