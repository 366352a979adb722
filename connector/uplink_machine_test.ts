import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { connectorLimits } from "./limits.ts";
import type { UplinkFailure } from "./uplink_cause.ts";
import { type UplinkEvent, UplinkMachine } from "./uplink_machine.ts";

const lost: UplinkFailure = { cause: "silent", detail: "silence" };
const refused: UplinkFailure = { cause: "tls", detail: "certificate refused" };

/** A machine whose effects are written down, and answered by the test. */
class Harness {
  readonly clock = new FakeClock();
  /** What the machine did, as text; `register` and `state` apart. */
  readonly effects: string[] = [];
  readonly events: UplinkEvent[] = [];
  /** When names were resolved, which is when attempts begin. */
  readonly attemptsMs: number[] = [];
  registrations = 0;
  attempt = 0;
  readonly machine: UplinkMachine;

  constructor(random: () => number = () => 0.999) {
    this.machine = new UplinkMachine({
      effects: {
        resolve: (attempt) => {
          this.attempt = attempt;
          this.attemptsMs.push(this.clock.now());
          this.effects.push("resolve");
        },
        dial: (attempt, address) => {
          this.attempt = attempt;
          this.effects.push(`dial ${address}`);
        },
        register: () => {
          this.registrations += 1;
          return true;
        },
        hangUp: (code, reason) => void this.effects.push(`hang up ${code} ${reason}`),
        report: (event) => {
          if (event.type !== "state") this.events.push(event);
        },
      },
      clock: this.clock,
      random,
      limits: connectorLimits,
    });
  }

  /** Brings the machine from the resolution on to `registered`. */
  connect(...addresses: string[]): void {
    this.machine.onResolved(this.attempt, addresses.length === 0 ? ["192.0.2.1"] : addresses);
    this.machine.onEstablished(this.attempt);
    this.machine.onAck(this.attempt);
    assertEquals(this.machine.state, "registered");
  }

  lastEvent(): UplinkEvent | undefined {
    return this.events.at(-1);
  }
}

describe("UplinkMachine", () => {
  it("resolves, dials, registers, and is registered only by the ACK", () => {
    const h = new Harness();
    h.machine.start();
    assertEquals(h.machine.state, "resolving");
    h.machine.onResolved(h.attempt, ["192.0.2.1"]);
    assertEquals([h.machine.state, h.machine.address], ["connecting", "192.0.2.1"]);
    h.machine.onEstablished(h.attempt);
    assertEquals([h.machine.state, h.registrations], ["registering", 1]);
    h.clock.advance(500);
    h.machine.onAck(h.attempt);
    assertEquals([h.machine.state, h.machine.registeredSinceMs], ["registered", 500]);
    assertEquals(h.effects, ["resolve", "dial 192.0.2.1"]);
    assertEquals(h.events, [
      { type: "attempt", address: "192.0.2.1" },
      { type: "registered", address: "192.0.2.1", again: false, outageMs: 500 },
    ]);
    assertEquals(h.clock.pendingTimers, 0);
  });

  it("backs off from 1 s to 30 s against a relay that isn't there (fault LC27)", () => {
    const h = new Harness();
    h.machine.start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      h.machine.onResolved(h.attempt, ["192.0.2.1"]);
      h.clock.advance(connectorLimits.lastHandshakeTimeoutMs);
      assertEquals(h.machine.state, "waiting");
      waits.push(Math.round(h.clock.nextTimerMs!));
      h.clock.advance(h.clock.nextTimerMs!);
    }
    assertEquals(waits, [999, 1998, 3996, 7992, 15_984, 29_970, 29_970, 29_970]);
  });

  it("backs off with full jitter", () => {
    const h = new Harness(() => 0.25);
    h.machine.start();
    h.machine.onResolveFailed(h.attempt, "no such name");
    assertEquals(h.lastEvent(), {
      type: "failed",
      address: undefined,
      failure: { cause: "resolve", detail: "no such name" },
      retryInMs: 250,
    });
  });

  it("counts a relay that accepts the handshake and then refuses as a failure", () => {
    const h = new Harness();
    h.machine.start();
    for (let i = 0; i < 6; i++) {
      h.machine.onResolved(h.attempt, ["192.0.2.1"]);
      h.machine.onEstablished(h.attempt);
      h.machine.onClosed(h.attempt, refused);
      assertEquals(h.machine.state, "waiting");
      h.clock.advance(h.clock.nextTimerMs!);
    }
    const gaps = h.attemptsMs.slice(1).map((at, i) => Math.round(at - h.attemptsMs[i]!));
    assertEquals(gaps, [999, 1998, 3996, 7992, 15_984, 29_970]);
  });

  it("begins the back-off anew after a stable minute only", () => {
    const h = new Harness();
    h.machine.start();
    for (let i = 0; i < 5; i++) {
      h.connect();
      h.clock.advance(59_000);
      h.machine.onClosed(h.attempt, lost);
      h.clock.advance(h.clock.nextTimerMs!);
    }
    h.connect();
    h.clock.advance(59_999);
    h.machine.onClosed(h.attempt, lost);
    assertEquals(Math.round(h.clock.nextTimerMs!), 29_970);
    h.clock.advance(h.clock.nextTimerMs!);
    h.connect();
    h.clock.advance(60_000);
    h.machine.onClosed(h.attempt, lost);
    assertEquals(Math.round(h.clock.nextTimerMs!), 999);
  });

  it("after a loss resolves again, reconnects, registers, and tells the outage", () => {
    const h = new Harness();
    h.machine.start();
    h.connect();
    h.clock.advance(10_000);
    h.machine.onClosed(h.attempt, lost);
    assertEquals(h.lastEvent(), {
      type: "lost",
      address: "192.0.2.1",
      failure: lost,
      registeredForMs: 10_000,
      retryInMs: 999,
    });
    h.clock.advance(999);
    assertEquals(h.machine.state, "resolving");
    h.clock.advance(1);
    h.connect("192.0.2.7");
    assertEquals(h.lastEvent(), {
      type: "registered",
      address: "192.0.2.7",
      again: true,
      outageMs: 1000,
    });
  });

  it("tries every address before it backs off, with less patience for all but the last", () => {
    const h = new Harness();
    h.machine.start();
    h.machine.onResolved(h.attempt, ["2001:db8::1", "192.0.2.1", "192.0.2.2"]);
    h.clock.advance(connectorLimits.handshakeTimeoutMs);
    assertEquals(h.machine.address, "192.0.2.1");
    h.machine.onClosed(h.attempt, refused);
    assertEquals(h.machine.address, "192.0.2.2");
    h.clock.advance(connectorLimits.handshakeTimeoutMs);
    assertEquals(h.machine.state, "connecting");
    h.clock.advance(connectorLimits.lastHandshakeTimeoutMs - connectorLimits.handshakeTimeoutMs);
    assertEquals(h.machine.state, "waiting");
    assertEquals(h.effects, [
      "resolve",
      "dial 2001:db8::1",
      "hang up 0 handshake timeout",
      "dial 192.0.2.1",
      "dial 192.0.2.2",
      "hang up 0 handshake timeout",
    ]);
    const failed = h.events.filter((event) => event.type === "failed");
    assertEquals(failed.map(({ retryInMs }) => retryInMs), [undefined, undefined, 999]);
  });

  it("tries the address that it has lost last", () => {
    const h = new Harness();
    h.machine.start();
    h.connect("192.0.2.1", "192.0.2.2");
    h.machine.onClosed(h.attempt, lost);
    h.clock.advance(999);
    h.machine.onResolved(h.attempt, ["192.0.2.1", "192.0.2.2"]);
    assertEquals(h.machine.address, "192.0.2.2");
    h.machine.onClosed(h.attempt, refused);
    assertEquals(h.machine.address, "192.0.2.1");
  });

  it("waits for a working connection's end before it looks at other addresses", () => {
    const h = new Harness();
    h.machine.start();
    h.connect("192.0.2.1", "192.0.2.2");
    h.machine.onClosed(h.attempt, lost);
    assertEquals(h.machine.state, "waiting");
  });

  it("keeps the connection when denied, asks again, and is registered when allowed", () => {
    const h = new Harness();
    h.machine.start();
    h.machine.onResolved(h.attempt, ["192.0.2.1"]);
    h.machine.onEstablished(h.attempt);
    h.machine.onNack(h.attempt, 2);
    assertEquals([h.machine.state, h.machine.deniedStatus], ["denied", 2]);
    assertEquals(h.lastEvent()?.type, "denied");
    h.clock.advance(60_000);
    assertGreater(h.registrations, 2);
    h.machine.onAck(h.attempt);
    assertEquals(h.machine.state, "registered");
    assertEquals(h.lastEvent(), {
      type: "registered",
      address: "192.0.2.1",
      again: false,
      outageMs: 60_000,
    });
    assertEquals(h.effects, ["resolve", "dial 192.0.2.1"]);
  });

  it("doesn't count an ACK after a NACK on one connection as a reconnection", () => {
    const h = new Harness();
    h.machine.start();
    h.connect();
    h.machine.onNack(h.attempt, 2);
    h.machine.onAck(h.attempt);
    const registered = h.events.filter((event) => event.type === "registered");
    assertEquals(registered.map(({ again }) => again), [false, false]);
  });

  it("goes to the next address when the relay drains", () => {
    const h = new Harness();
    h.machine.start();
    h.machine.onNack(h.attempt, 3);
    h.machine.onResolved(h.attempt, ["192.0.2.1", "192.0.2.2"]);
    h.machine.onNack(h.attempt, 3);
    assertEquals(h.machine.state, "connecting");
    h.machine.onEstablished(h.attempt);
    h.machine.onNack(h.attempt, 3);
    assertEquals([h.machine.state, h.machine.address], ["connecting", "192.0.2.2"]);
    assertEquals(h.effects.slice(-2), ["hang up 0 connector moving on", "dial 192.0.2.2"]);
    const failed = h.events.find(({ type }) => type === "failed");
    assert(failed?.type === "failed" && failed.failure.cause === "relay_draining");
    h.machine.onEstablished(h.attempt);
    h.machine.onAck(h.attempt);
    assertEquals(h.machine.state, "registered");
  });

  it("backs off when the only relay drains", () => {
    const h = new Harness();
    h.machine.start();
    h.machine.onResolved(h.attempt, ["192.0.2.1"]);
    h.machine.onEstablished(h.attempt);
    h.machine.onNack(h.attempt, 3);
    assertEquals([h.machine.state, h.machine.deniedStatus], ["waiting", undefined]);
    assertEquals(h.clock.pendingTimers, 1);
  });

  for (const state of ["resolving", "connecting", "registering", "registered", "waiting"]) {
    it(`stops at once while ${state}, says goodbye if there is somebody, and stays so`, () => {
      const h = new Harness();
      h.machine.start();
      if (state === "waiting") h.machine.onResolveFailed(h.attempt, "");
      else if (state !== "resolving") {
        h.machine.onResolved(h.attempt, ["192.0.2.1", "192.0.2.2"]);
        if (state !== "connecting") h.machine.onEstablished(h.attempt);
        if (state === "registered") h.machine.onAck(h.attempt);
      }
      assertEquals(h.machine.state, state);
      h.machine.stop();
      h.machine.stop();
      const goodbye = h.effects.filter((effect) => effect.startsWith("hang up"));
      const expected = state === "resolving" || state === "waiting"
        ? []
        : ["hang up 0 connector shutting down"];
      assertEquals(goodbye, expected);
      const before = h.effects.length;
      h.machine.onResolved(h.attempt, ["192.0.2.1"]);
      h.machine.onEstablished(h.attempt);
      h.machine.onAck(h.attempt);
      h.machine.onClosed(h.attempt, lost);
      h.machine.start();
      h.clock.advance(3_600_000);
      assertEquals([h.machine.state, h.effects.length], ["stopped", before]);
      assertEquals(h.clock.pendingTimers, 0);
    });
  }

  it("doesn't listen to what an earlier connection still says", () => {
    const h = new Harness();
    h.machine.start();
    h.connect("192.0.2.1");
    const old = h.attempt;
    h.machine.onClosed(old, lost);
    h.clock.advance(999);
    h.connect("192.0.2.1");
    h.machine.onNack(old, 2);
    h.machine.onClosed(old, lost);
    assertEquals(h.machine.state, "registered");
  });

  it("survives effects that answer during the call", () => {
    const clock = new FakeClock();
    const machine: UplinkMachine = new UplinkMachine({
      effects: {
        resolve: (attempt) => machine.onResolved(attempt, ["192.0.2.1", "192.0.2.2"]),
        dial: (attempt) => machine.onClosed(attempt, { cause: "local", detail: "no socket" }),
        register: () => false,
        hangUp: () => {},
        report: () => {},
      },
      clock,
      random: () => 0.5,
      limits: connectorLimits,
    });
    machine.start();
    assertEquals(machine.state, "waiting");
    clock.advance(600_000);
    assertEquals([machine.state, clock.pendingTimers], ["waiting", 1]);
    machine.stop();
    assertEquals(clock.pendingTimers, 0);
  });

  it("under any events is in a state that something will end", () => {
    const step = fc.oneof(
      fc.constantFrom(
        "resolved",
        "resolveFailed",
        "established",
        "ack",
        "nack",
        "draining",
        "closed",
      ),
      fc.nat(30_000),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 100 }), fc.nat(999), (steps, jitter) => {
      const h = new Harness(() => jitter / 1000);
      h.machine.start();
      for (const each of steps) {
        const { attempt, machine } = h;
        if (each === "resolved") machine.onResolved(attempt, ["192.0.2.1", "192.0.2.2"]);
        else if (each === "resolveFailed") machine.onResolveFailed(attempt, "");
        else if (each === "established") machine.onEstablished(attempt);
        else if (each === "ack") machine.onAck(attempt);
        else if (each === "nack") machine.onNack(attempt, 2);
        else if (each === "draining") machine.onNack(attempt, 3);
        else if (each === "closed") machine.onClosed(attempt, lost);
        else h.clock.advance(each);
        const { state } = h.machine;
        // Resolving and registered end by what the world does, all others also by a timer.
        const timers = state === "resolving" || state === "registered" ? 0 : 1;
        assertEquals(h.clock.pendingTimers, timers, state);
        if (timers === 1) assertLess(h.clock.nextTimerMs!, 30_001);
        assertEquals(machine.address !== undefined, !["resolving", "waiting"].includes(state));
        assertEquals(machine.registeredSinceMs !== undefined, state === "registered");
      }
      assert(h.machine.state !== "stopped");
    }));
  });
});
