import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { Drain } from "./drain.ts";

const now = { connections: 3, agents: 1, connectors: 1, refusedConnections: 4 };

describe("Drain", () => {
  it("counts what happens from its beginning on, and begins once", () => {
    const drain = new Drain();
    drain.onClosed();
    assertEquals([drain.isDraining, drain.status(now).since], [false, null]);
    assertEquals(drain.status(now).closedWhileDraining, 0);
    drain.begin(new Date("2030-01-02T03:04:05.678Z"), 5);
    drain.onClosed();
    drain.begin(new Date("2031-01-01T00:00:00Z"), 4);
    drain.onClosed();
    drain.onRefusedRegistration();
    assertEquals(drain.status(now), {
      draining: true,
      since: "2030-01-02T03:04:05.678Z",
      connections: 3,
      agents: 1,
      connectors: 1,
      connectionsAtStart: 5,
      closedWhileDraining: 2,
      refusedConnections: 4,
      refusedRegistrations: 1,
    });
  });
});
