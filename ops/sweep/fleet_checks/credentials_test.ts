import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { credentials } from "./credentials.ts";
import { fleetView, tunnelLook } from "./test_fleet_view.ts";

describe("the check of this machine's certificates", () => {
  it("says once that nothing can be compared with, which is no fault of the fleet", () => {
    const [found, ...others] = credentials.evaluate(fleetView({}, { hasCredentials: false }));
    assertEquals([found?.status, others.length], ["ok", 0]);
    assertMatch(found!.value, /^certificates are not compared/);
  });

  it("warns when the tunnels should be looked at and can't be", () => {
    const tunnels = tunnelLook({ unavailable: "this machine has no probe.pem" });
    const [found] = credentials.evaluate(fleetView({}, { tunnels }));
    assertEquals(found?.status, "warning");
    assertMatch(found!.value, /this machine has no probe\.pem$/);
    assertMatch(found!.remedy, /^Sweep from the machine that deploys.*--no-probe$/);
    const other = tunnelLook({ unavailable: "c1 has no release; deploy to it" });
    const [advised] = credentials.evaluate(fleetView({}, { tunnels: other }));
    assertEquals(advised?.remedy, "deploy to it; or leave them out: --no-probe");
  });
});
