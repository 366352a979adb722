import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ProbeMeasurement } from "./measurement.ts";

const lateAfterMs = 500;

function create(capacity = 1024): ProbeMeasurement {
  return new ProbeMeasurement({ lateAfterMs, capacity });
}

describe("ProbeMeasurement", () => {
  it("counts a run in which everything comes back", () => {
    const measurement = create();
    for (let i = 0; i < 10; i += 1) {
      measurement.recordSent(i * 10);
      measurement.recordReply(i, i * 10 + 2);
    }
    measurement.advance(100);
    const report = measurement.report();
    assertEquals([report.sent, report.received, report.lost, report.pending], [10, 10, 0, 0]);
    assertEquals([report.duplicated, report.reordered, report.late], [0, 0, 0]);
    assertEquals(report.rttMs, { min: 2, p50: 2, p95: 2, p99: 2, max: 2 });
    assertEquals([report.sendingMs, report.longestReplyGapMs], [90, 10]);
    assertEquals([report.outagesMs, report.longestOutageMs], [[], 0]);
  });

  it("counts a reply at the deadline, and none after it", () => {
    const measurement = create();
    measurement.recordSent(0);
    measurement.recordSent(0);
    assertEquals(measurement.nextDeadlineMs, lateAfterMs);
    assertEquals(measurement.recordReply(0, lateAfterMs), "received");
    measurement.advance(lateAfterMs);
    assertEquals(measurement.pending, 1);
    measurement.advance(lateAfterMs + 1);
    assertEquals(measurement.recordReply(1, lateAfterMs + 1), "late");
    const { received, lost, late, pending } = measurement.report();
    assertEquals({ received, lost, late, pending }, { received: 1, lost: 1, late: 1, pending: 0 });
    assertEquals(measurement.nextDeadlineMs, undefined);
  });

  it("counts each further copy of a reply once as duplicated and not as reordered", () => {
    const measurement = create();
    for (let i = 0; i < 3; i += 1) measurement.recordSent(i);
    assertEquals(measurement.recordReply(2, 10), "received");
    assertEquals(measurement.recordReply(2, 11), "duplicated");
    assertEquals(measurement.recordReply(0, 12), "received");
    assertEquals(measurement.recordReply(0, 13), "duplicated");
    assertEquals(measurement.recordReply(0, lateAfterMs + 1), "late");
    const { received, duplicated, reordered } = measurement.report();
    assertEquals({ received, duplicated, reordered }, { received: 2, duplicated: 2, reordered: 1 });
  });

  it("counts as RFC 4737 does: those that come after a later one, not those overtaken by none", () => {
    const measurement = create();
    const order = [0, 3, 1, 2, 5, 4, 6];
    for (let i = 0; i < order.length; i += 1) measurement.recordSent(0);
    for (const sequence of order) measurement.recordReply(sequence, 1);
    assertEquals(measurement.report().reordered, 3);
  });

  it("does not take packets that follow lost ones for reordered", () => {
    const measurement = create();
    for (let i = 0; i < 10; i += 1) measurement.recordSent(0);
    for (const sequence of [0, 5, 9]) measurement.recordReply(sequence, 1);
    assertEquals(measurement.report().reordered, 0);
  });

  it("counts packets that could not be sent as sent, lost and refused", () => {
    const measurement = create();
    measurement.recordRefused(0, "disconnected");
    measurement.recordRefused(1, "queueFull");
    measurement.recordRefused(2, "disconnected");
    const { sent, lost, pending, refused } = measurement.report();
    assertEquals({ sent, lost, pending }, { sent: 3, lost: 3, pending: 0 });
    assertEquals(refused, { disconnected: 2, queueFull: 1, tooLong: 0 });
  });

  it("takes no reply for a packet that was never sent", () => {
    const measurement = create();
    measurement.recordSent(0);
    for (const sequence of [1, -1, 0.5, NaN, 2 ** 53]) {
      assertEquals(measurement.recordReply(sequence, 1), "unexpected");
    }
    assertEquals(measurement.report().unexpected, 5);
  });

  it("reports an outage with its time since the first packet", () => {
    const measurement = create();
    for (let i = 0; i < 20; i += 1) {
      const now = 7000 + i * 50;
      measurement.recordSent(now);
      if (i < 5 || i >= 15) measurement.recordReply(i, now + 1);
    }
    measurement.advance(9000);
    const { outages, outagesMs, longestOutageMs } = measurement.report();
    assertEquals(outages, [{ startMs: 200, durationMs: 550, lost: 10 }]);
    assertEquals([outagesMs, longestOutageMs], [[550], 550]);
  });

  it("keeps its books straight when more is under way than it can keep", () => {
    const measurement = create(8);
    for (let i = 0; i < 20; i += 1) measurement.recordSent(i);
    assertEquals(measurement.recordReply(0, 20), "late");
    assertEquals(measurement.recordReply(19, 20), "received");
    const { sent, received, lost, pending } = measurement.report();
    assertEquals({ sent, received, lost, pending }, {
      sent: 20,
      received: 1,
      lost: 12,
      pending: 7,
    });
  });

  it("refuses a waiting time or a capacity that cannot be", () => {
    const make = (lateAfterMs: number, capacity: number): unknown =>
      new ProbeMeasurement({ lateAfterMs, capacity });
    assertThrows(() => make(0, 1), RangeError, "lateAfterMs");
    assertThrows(() => make(NaN, 1), RangeError, "lateAfterMs");
    assertThrows(() => make(1, 0), RangeError, "capacity");
    assertThrows(() => make(1, 2 ** 22 + 1), RangeError, "capacity");
  });
});

// The naive model: keep everything, decide at the end.

type Step =
  | { kind: "send"; afterMs: number }
  | { kind: "refuse"; afterMs: number }
  /** A reply to one of the newest packets, counted back from the next one to be sent. */
  | { kind: "reply"; back: number; afterMs: number };

const delays = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 }), fc.constant(300));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), afterMs: delays }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("refuse" as const), afterMs: delays }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("reply" as const),
        back: fc.integer({ min: 0, max: 12 }),
        afterMs: delays,
      }),
    },
  ),
  { maxLength: 200 },
);

interface Packet {
  sentMs: number;
  refused: boolean;
  arrivals: number[];
}

function naive(all: readonly Step[]): { endMs: number; expected: Record<string, unknown> } {
  const packets: Packet[] = [];
  const firstCopies: { sequence: number; atMs: number }[] = [];
  let now = 0;
  let late = 0;
  let unexpected = 0;
  let duplicated = 0;
  for (const step of all) {
    now += step.afterMs;
    if (step.kind !== "reply") {
      packets.push({ sentMs: now, refused: step.kind === "refuse", arrivals: [] });
      continue;
    }
    const sequence = packets.length - step.back;
    const packet = packets[sequence];
    if (packet === undefined) unexpected += 1;
    else if (packet.refused || now - packet.sentMs > lateAfterMs) late += 1;
    else {
      if (packet.arrivals.length > 0) duplicated += 1;
      else firstCopies.push({ sequence, atMs: now });
      packet.arrivals.push(now);
    }
  }
  const isLost = ({ arrivals, refused, sentMs }: Packet): boolean =>
    refused || (arrivals.length === 0 && now - sentMs > lateAfterMs);
  const isOpen = (packet: Packet): boolean => packet.arrivals.length === 0 && !isLost(packet);
  const reordered = firstCopies.filter(({ sequence }, index) =>
    firstCopies.slice(0, index).some((earlier) => earlier.sequence > sequence)
  );
  const gaps = firstCopies.slice(1).map(({ atMs }, index) => atMs - firstCopies[index]!.atMs);
  const rtts = firstCopies.map(({ sequence, atMs }) => atMs - packets[sequence]!.sentMs);
  const firstOpen = packets.findIndex(isOpen);
  const settled = firstOpen === -1 ? packets : packets.slice(0, firstOpen);
  return {
    endMs: now,
    expected: {
      sent: packets.length,
      received: firstCopies.length,
      lost: packets.filter(isLost).length,
      pending: packets.filter(isOpen).length,
      duplicated,
      reordered: reordered.length,
      late,
      unexpected,
      longestReplyGapMs: Math.max(0, ...gaps),
      minRtt: rtts.length === 0 ? null : Math.min(...rtts),
      maxRtt: rtts.length === 0 ? null : Math.max(...rtts),
      outages: naiveOutages(settled, isLost),
    },
  };
}

function naiveOutages(packets: readonly Packet[], isLost: (packet: Packet) => boolean): unknown[] {
  const outages: unknown[] = [];
  for (let first = 0; first < packets.length; first += 1) {
    if (!isLost(packets[first]!) || (first > 0 && isLost(packets[first - 1]!))) continue;
    let after = first;
    while (after < packets.length && isLost(packets[after]!)) after += 1;
    const startMs = packets[Math.max(0, first - 1)]!.sentMs;
    const endMs = packets[Math.min(after, packets.length - 1)]!.sentMs;
    if (after - first >= 3 && endMs - startMs > 100) {
      outages.push({
        startMs: startMs - packets[0]!.sentMs,
        durationMs: endMs - startMs,
        lost: after - first,
      });
    }
  }
  return outages;
}

function play(measurement: ProbeMeasurement, all: readonly Step[]): number {
  let now = 0;
  for (const step of all) {
    now += step.afterMs;
    if (step.kind === "send") measurement.recordSent(now);
    else if (step.kind === "refuse") measurement.recordRefused(now, "disconnected");
    else measurement.recordReply(measurement.nextSequence - step.back, now);
    measurement.advance(now);
  }
  return now;
}

describe("ProbeMeasurement, against a model that keeps everything", () => {
  it("agrees for any loss, duplication, delay and order", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const measurement = create();
        const { endMs, expected } = naive(all);
        assertEquals(play(measurement, all), endMs);
        const { rttMs, ...report } = measurement.report();
        const found = { ...report, minRtt: rttMs.min, maxRtt: rttMs.max };
        for (const [name, value] of Object.entries(expected)) {
          assertEquals((found as Record<string, unknown>)[name], value, name);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never loses count, whatever its capacity", () => {
    fc.assert(fc.property(steps, fc.integer({ min: 1, max: 8 }), (all, capacity) => {
      const measurement = create(capacity);
      play(measurement, all);
      const { sent, received, lost, pending, reordered, duplicated } = measurement.report();
      assertEquals(sent, received + lost + pending);
      assert(pending >= 0 && pending <= 8 && reordered <= received && duplicated >= 0);
    }));
  });
});
