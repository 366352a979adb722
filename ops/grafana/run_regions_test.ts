import { assert, assertEquals, assertFalse } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { FleetScenario } from "../../tests/support/fleet_scenario.ts";
import { type RunRegion, RunRegions } from "./run_regions.ts";

/** When scenarios begin. */
const startMs = Date.parse("2026-03-01T10:00:00Z");

/** All regions of a run that is told, in the order in which they began. */
function regionsOf(
  tell: (scenario: FleetScenario) => FleetScenario,
  hosts: readonly string[] = ["relay1", "relay2"],
): RunRegion[] {
  const scenario = new FleetScenario(...hosts);
  const regions = new RunRegions({ user: "ops", machine: "laptop" });
  const found = new Set<RunRegion>();
  scenario.bus.subscribe("the regions", (event) => {
    for (const region of regions.apply(event)) found.add(region);
  });
  tell(scenario);
  return [...found];
}

describe("RunRegions", () => {
  it("spans the run, with who did what and how it ended", () => {
    const [run] = regionsOf((scenario) =>
      scenario.start().wait(3000).done(["relay1"]).broken("relay2", "why", "rolled_back")
        .emit({ type: "run_finished", exitCode: 1 })
    );
    assertEquals(run, {
      ...{ time: startMs, timeEnd: startMs + 3000 },
      tags: ["ztna-fleet", "fleet:lab", "command:deploy"],
      text: "deploy of fleet lab to 0.2.0-3f2a9b1c77aa on 2 hosts, by ops@laptop: failed; " +
        "1 done, 1 failed, rolled back",
    });
  });

  it("spans each host from when its users may notice until it is over", () => {
    const regions = regionsOf((scenario) =>
      scenario.start().phase("uploading").wait(1000).phase("draining", ["relay1"]).wait(1000)
        .phase("restarting", ["relay1"]).phase("verifying", ["relay1"]).wait(1000).done()
    );
    assertEquals(regions.slice(1), [{
      ...{ time: startMs + 1000, timeEnd: startMs + 3000, text: "deploy of relay1: done" },
      tags: ["ztna-fleet", "fleet:lab", "command:deploy", "host:relay1"],
    }]);
  });

  it("ends what is open when the run is interrupted", () => {
    const regions = regionsOf((scenario) =>
      scenario.start().phase("draining", ["relay1"]).wait(2000)
        .emit({ type: "run_finished", exitCode: 130 })
    );
    assertEquals(regions.map(({ timeEnd }) => timeEnd), [startMs + 2000, startMs + 2000]);
    assertEquals(regions.map(({ text }) => text.split(": ").at(-1)), [
      "interrupted",
      "interrupted",
    ]);
  });

  it("has nothing to show of a run that never began", () => {
    assertEquals(
      regionsOf((scenario) =>
        scenario.emit({ type: "step", text: "Build the release" }).phase("draining")
          .emit({ type: "run_finished", exitCode: 2 })
      ),
      [],
    );
  });

  it("bounds and escapes whatever names hold", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (name) => {
      const regions = regionsOf(
        (scenario) => scenario.start().phase("restarting"),
        [`<b>&${name}`],
      );
      assertEquals(regions.length, 2);
      for (const { text, tags } of regions) {
        assertFalse(/[<>\p{Cc}]|&(?!(amp|lt|gt);)/u.test(text));
        assert(text.length < 3000);
        for (const tag of tags) assert(tag.length < 130 && !/\p{Cc}/u.test(tag));
      }
    }));
  });
});
