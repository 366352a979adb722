import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FleetScenario } from "../../tests/support/fleet_scenario.ts";
import type { Change } from "../engine/run/event.ts";
import { busyMs, FleetProgress, maxChanges } from "./fleet_progress.ts";

function watch(scenario: FleetScenario): FleetProgress {
  const progress = new FleetProgress();
  scenario.bus.subscribe("the progress", (event) => progress.apply(event));
  return progress;
}

describe("FleetProgress", () => {
  it("adds up what each phase takes, also when a host comes back to it", () => {
    const run = new FleetScenario("a");
    const progress = watch(run);
    run.start().wait(50).phase("connecting").wait(100).phase("waiting").wait(1000);
    run.phase("gathering").wait(200).phase("connecting").wait(300).done();
    const host = progress.hosts.get("a")!;
    assertEquals([...host.spentMs], [["connecting", 400], ["waiting", 1000], ["gathering", 200]]);
    assertEquals(busyMs(host), 600);
    assertEquals([host.phase, host.result?.outcome, progress.lastMs], [undefined, "done", 1650]);
  });

  it("takes a new detail for the same phase", () => {
    const run = new FleetScenario("a");
    const progress = watch(run);
    run.start().phase("draining", ["a"], "2 peers").wait(100).phase("draining", ["a"], "1 peer");
    const { phase, detail, phaseSinceMs } = progress.hosts.get("a")!;
    assertEquals([phase, detail, phaseSinceMs], ["draining", "1 peer", 0]);
    run.phase("restarting");
    assertEquals(progress.hosts.get("a")?.detail, undefined);
  });

  it("does not begin a host again that is over", () => {
    const run = new FleetScenario("a");
    const progress = watch(run);
    run.start().phase("connecting").broken("a", "no", "failed").phase("connecting");
    assertEquals([...progress.hosts.values()].map(({ phase }) => phase), [undefined]);
  });

  it("measures an upload from where this attempt began", () => {
    const run = new FleetScenario("a");
    const progress = watch(run);
    const upload = (bytes: number): void =>
      void run.emit({ type: "upload_progress", host: "a", bytes, of: 1000 });
    run.start().phase("uploading");
    upload(600);
    assertEquals(progress.hosts.get("a")?.upload, { bytes: 600, of: 1000, bytesPerSecond: 0 });
    run.wait(2000);
    upload(800);
    assertEquals(progress.hosts.get("a")?.upload, { bytes: 800, of: 1000, bytesPerSecond: 100 });
    run.phase("applying");
    assertEquals(progress.hosts.get("a")?.upload, undefined);
  });

  it("keeps what is planned, within bounds", () => {
    const run = new FleetScenario("a", "b");
    const progress = watch(run);
    const change = (host: string, diff?: string): Change => ({
      ...{ type: "change", host, resource: "file:/f", summary: "write /f", state: "planned" },
      ...(diff !== undefined && { diff }),
    });
    const large = "+".repeat(9_000_000);
    run.start().emit(change("a", large), change("b", large), change("b", `${large}!`));
    assertEquals(
      [...progress.hosts.values()].map(({ planned }) => planned.map(({ diff }) => diff?.length)),
      [[9_000_000], [9_000_000, undefined]],
    );
    for (let i = 0; i < maxChanges; i++) run.emit(change("a"));
    assertEquals(progress.hosts.get("a")?.planned.length, maxChanges);
  });

  it("knows the batch that is at work", () => {
    const run = new FleetScenario("a");
    const progress = watch(run);
    run.start().emit({ type: "batch_started", index: 1, of: 2, hosts: ["a"] });
    assertEquals(progress.batch, { index: 1, of: 2, hosts: ["a"], sinceMs: 0 });
    run.emit({ type: "batch_finished", index: 1, of: 2, failed: 0 });
    assertEquals([progress.batch, progress.run?.fleet, progress.end], [
      undefined,
      "lab",
      undefined,
    ]);
  });
});
