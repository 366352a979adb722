import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DrainOutcome } from "../engine/health/drain.ts";
import { interruptionOf } from "./interruption.ts";

const drain: DrainOutcome = {
  end: "deadline",
  drainSeconds: 3,
  peersAtStart: 5,
  peersLeft: 2,
  account: null,
};

describe("interruptionOf", () => {
  it("adds losses up, takes the longest outage, and tells who moved and who was closed", () => {
    const watches = [
      { serviceId: "a", sent: 100, lost: 3, longestOutageMs: 60 },
      { serviceId: "b", sent: 100, lost: 4, longestOutageMs: 90 },
    ];
    assertEquals(interruptionOf(watches, drain), {
      lost: 7,
      longestOutageMs: 90,
      drainSeconds: 3,
      peersMoved: 3,
      peersClosed: 2,
    });
  });

  it("claims no loss of 0 where nothing was watched", () => {
    const { lost, longestOutageMs, peersMoved } = interruptionOf([], undefined);
    assertEquals([lost, longestOutageMs, peersMoved], [null, null, 0]);
  });
});
