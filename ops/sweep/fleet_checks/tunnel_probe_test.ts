import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { drainHealth, programFacts } from "../facts/test_program_facts.ts";
import type { ServiceProbe, TunnelLook } from "../tunnels/tunnel_look.ts";
import { fleetStatuses, fleetView, tunnelLook } from "./test_fleet_view.ts";
import { tunnelProbe, tunnelRoundTrip } from "./tunnel_probe.ts";

const well: ServiceProbe = {
  relay: "relay1",
  serviceId: "web",
  sent: 20,
  lost: 0,
  p99Seconds: 0.01,
};
const hosts = {
  relay1: { programs: { relay: programFacts() } },
  c1: { programs: { connector: programFacts() } },
  c2: { programs: { connector: programFacts() } },
};

const looked = (change: Partial<TunnelLook>): ReturnType<typeof fleetView> =>
  fleetView(hosts, { tunnels: tunnelLook(change) });
const probed = (change: Partial<ServiceProbe>): ReturnType<typeof fleetView> =>
  looked({ probes: [{ ...well, ...change }] });

describe("the check of packets through the tunnel", () => {
  for (
    const [lost, status] of [[0, "ok"], [1, "ok"], [2, "warning"], [10, "critical"]] as const
  ) {
    it(`is ${status} when ${lost} of 20 are lost`, () => {
      const [found] = tunnelProbe.evaluate(probed({ lost }));
      assertEquals([found?.status, found?.measure], [status, { value: lost / 20, unit: "ratio" }]);
    });
  }

  it("is critical when none can be sent, and says why in short", () => {
    const error = "Cannot reach the relay at 192.0.2.1 as it does not answer; check firewalls";
    const [found] = tunnelProbe.evaluate(probed({ sent: 0, p99Seconds: null, error }));
    assertEquals(found?.status, "critical");
    assertEquals(found?.value, "Cannot reach the relay at 192.0.2.1 as it does not answer");
    assertMatch(found!.remedy, /deno task probe .* --relay relay1 --service web/);
  });

  it("says what to mend first", () => {
    const relay = programFacts({ drain: drainHealth({ draining: true }) });
    const tunnels = tunnelLook({ probes: [{ ...well, sent: 0, p99Seconds: null }] });
    const [found] = tunnelProbe.evaluate(
      fleetView({ ...hosts, relay1: { programs: { relay } } }, { tunnels }),
    );
    assertEquals(found?.remedy, "Mend first: the relay of relay1 is draining");
  });

  it("says that services were left out, and warns when that was for want of time", () => {
    for (const [ranOutOfTime, status] of [[false, "ok"], [true, "warning"]] as const) {
      const found = fleetStatuses(
        tunnelProbe,
        looked({ probes: [well], omitted: 7, ranOutOfTime }),
      );
      assertEquals(found.at(-1), [null, "", status]);
    }
  });

  it("says nothing when this machine was not to look, or can't", () => {
    assertEquals(fleetStatuses(tunnelProbe, fleetView(hosts)), []);
    assertEquals(fleetStatuses(tunnelProbe, looked({ unavailable: "no certificate" })), []);
  });
});

describe("the check of round trips through the tunnel", () => {
  for (const [ms, status] of [[299, "ok"], [300, "warning"], [800, "critical"]] as const) {
    it(`is ${status} at ${ms} ms`, () => {
      assertEquals(fleetStatuses(tunnelRoundTrip, probed({ p99Seconds: ms / 1000 })), [
        ["relay1", "service web", status],
      ]);
    });
  }

  it("says nothing where nothing came back", () => {
    assertEquals(fleetStatuses(tunnelRoundTrip, probed({ lost: 20, p99Seconds: null })), []);
  });
});
