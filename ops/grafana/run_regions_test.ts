import { assert, assertEquals, assertFalse } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { FleetEvent, HostOutcome, RunStarted, StampedEvent } from "../engine/run/event.ts";
import { type RunRegion, RunRegions } from "./run_regions.ts";

const operator = { user: "ops", machine: "laptop" };
const started: RunStarted = {
  ...{ type: "run_started", command: "deploy", arguments: [], fleet: "lab", check: false },
  release: "0.2.0-x",
  hosts: [{ host: "relay1", role: "relay" }, { host: "relay2", role: "relay" }],
};

/** All regions of a run, in the order in which they began; events are a second apart. */
function regionsOf(events: readonly FleetEvent[]): RunRegion[] {
  const regions = new RunRegions(operator);
  const found = new Set<RunRegion>();
  for (const [second, event] of events.entries()) {
    const stamped: StampedEvent = {
      ...event,
      atMs: second * 1000,
      time: new Date(second * 1000).toISOString(),
    };
    for (const region of regions.apply(stamped)) found.add(region);
  }
  return [...found];
}

function finished(host: string, outcome: HostOutcome = "done"): FleetEvent {
  return {
    ...{ type: "host_finished", host, outcome, changed: 1 },
    ...{ releaseBefore: null, releaseAfter: null },
  };
}

describe("RunRegions", () => {
  it("spans the run, with who did what and how it ended", () => {
    const [run] = regionsOf([
      started,
      finished("relay1"),
      finished("relay2", "rolled_back"),
      { type: "run_finished", exitCode: 1 },
    ]);
    assertEquals(run, {
      ...{ time: 0, timeEnd: 3000, tags: ["ztna-fleet", "fleet:lab", "command:deploy"] },
      text: "deploy of fleet lab to 0.2.0-x on 2 hosts, by ops@laptop: failed; 1 done, " +
        "1 failed, rolled back",
    });
  });

  it("spans each host from when its users may notice until it is over", () => {
    const regions = regionsOf([
      started,
      { type: "host_state", host: "relay1", phase: "uploading" },
      { type: "host_state", host: "relay1", phase: "draining" },
      { type: "host_state", host: "relay1", phase: "restarting" },
      { type: "host_state", host: "relay1", phase: "verifying" },
      finished("relay1"),
      finished("relay2", "skipped"),
    ]);
    assertEquals(regions.slice(1), [{
      ...{ time: 2000, timeEnd: 5000, text: "deploy of relay1: done" },
      tags: ["ztna-fleet", "fleet:lab", "command:deploy", "host:relay1"],
    }]);
  });

  it("ends what is open when the run is interrupted", () => {
    const regions = regionsOf([
      started,
      { type: "host_state", host: "relay1", phase: "draining" },
      { type: "run_finished", exitCode: 130 },
    ]);
    assertEquals(regions.map(({ timeEnd }) => timeEnd), [2000, 2000]);
    assertEquals(regions.map(({ text }) => text.split(": ").at(-1)), [
      "interrupted",
      "interrupted",
    ]);
  });

  it("has nothing to show of a run that never began", () => {
    assertEquals(
      regionsOf([
        { type: "step", text: "Build the release" },
        { type: "host_state", host: "relay1", phase: "draining" },
        { type: "run_finished", exitCode: 2 },
      ]),
      [],
    );
  });

  it("bounds and escapes whatever names and releases hold", () => {
    fc.assert(fc.property(
      fc.string({ unit: "binary", maxLength: 2000 }),
      fc.string({ unit: "binary", maxLength: 2000 }),
      (host, release) => {
        const regions = regionsOf([
          { ...started, fleet: host, release: `<script>${release}` },
          { type: "host_state", host: `<b>&${host}`, phase: "restarting" },
          { type: "run_finished", exitCode: 0 },
        ]);
        assertEquals(regions.length, 2);
        for (const { text, tags } of regions) {
          assertFalse(/[<>\p{Cc}]|&(?!(amp|lt|gt);)/u.test(text));
          assert(text.length < 3000);
          for (const tag of tags) assert(tag.length < 130 && !/\p{Cc}/u.test(tag));
        }
      },
    ));
  });
});
