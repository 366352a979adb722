import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { partialChecks } from "./partial_checks.ts";
import type { TunnelLook } from "./tunnels/tunnel_look.ts";

const tunnels: TunnelLook = { probes: [], served: new Map(), omitted: 0, ranOutOfTime: false };
const ofTunnels = [
  ...["served-certificate", "served-metrics-certificate", "tunnel-probe", "tunnel-round-trip"],
];

describe("partial checks", () => {
  it("are none when everything was looked at", () => {
    assertEquals(partialChecks([], tunnels), new Set());
  });

  it("are those of tunnels when they were not looked at, or not all of them", () => {
    const looks = [undefined, { ...tunnels, unavailable: "no certificates" }, {
      ...tunnels,
      omitted: 1,
    }];
    for (const look of looks) assertEquals(partialChecks([], look), new Set(ofTunnels));
  });

  it("are those that have failed themselves", () => {
    const about = { host: "relay1", subject: "disk", value: "", remedy: "" };
    const failed = { ...about, check: "internal", status: "critical" } as const;
    assertEquals(partialChecks([failed], tunnels), new Set(["disk"]));
  });
});
