import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FleetScenario, numbered } from "../../tests/support/fleet_scenario.ts";
import { changesText } from "./changes_text.ts";
import { FleetProgress } from "./fleet_progress.ts";
import { summaryText } from "./summary.ts";

function progressOf(run: FleetScenario): FleetProgress {
  const progress = new FleetProgress();
  for (const event of run.events) progress.apply(event);
  return progress;
}

const plain = { color: false };

describe("the summary", () => {
  it("folds hosts that are alike, shows the outliers, and what took long where", () => {
    const connectors = numbered("connector", 16);
    const run = new FleetScenario("relay1", "relay2", ...connectors);
    run.start().phase("connecting").wait(400).phase("draining").wait(3000);
    run.phase("restarting", ["relay2"]).done(["relay1"]).wait(9000).done(["relay2"]);
    run.done(connectors.slice(0, 15), 0);
    run.broken("connector16", "no", "rolled_back").emit({ type: "run_finished", exitCode: 1 });
    assertEquals(summaryText(progressOf(run), plain).split("\n"), [
      "HOST             ROLE       RESULT       CHANGED  TIME  RELEASE",
      "relay[1-2]       relay      done         4        12 s  0.1.0-aaaaaaaaaaaa → 0.2.0-3f2a9b1c77aa",
      "connector[1-15]  connector  done         0        12 s  0.1.0-aaaaaaaaaaaa → 0.2.0-3f2a9b1c77aa",
      "connector16      connector  rolled back  0        12 s  0.1.0-aaaaaaaaaaaa",
      "",
      "STEP        HOSTS  MEDIAN  SLOWEST",
      "connecting  18     0.4 s   0.4 s    connector16",
      "draining    18     12 s    12 s     connector16",
      "restarting  1      9.0 s   9.0 s",
      "18 hosts in 12 s",
    ]);
  });

  it("counts names that don't fit", () => {
    const hosts = Array.from({ length: 30 }, (_, i) => `relay${i * 2}`);
    const run = new FleetScenario(...hosts).start().done();
    const [, row = ""] = summaryText(progressOf(run), plain).split("\n");
    assertEquals(row.slice(0, 42), "30 hosts: relay[0,2,4,6,8,10,12,14,16,1…  ");
  });

  it("says of hosts that were not begun that they were skipped", () => {
    const run = new FleetScenario("relay1", "relay2").start().done(["relay1"]);
    const rows = summaryText(progressOf(run), plain).split("\n");
    assertEquals(rows.slice(1), [
      "relay1  relay  done     4        0.0 s  0.1.0-aaaaaaaaaaaa → 0.2.0-3f2a9b1c77aa",
      "relay2  relay  skipped  0        0.0 s  -",
    ]);
  });

  it("is nothing without hosts", () => {
    assertEquals(summaryText(progressOf(new FleetScenario().start()), plain), "");
  });

  it("lets no release or name of a host move the cursor", () => {
    const run = new FleetScenario("a\x1b[2J").start().emit({
      ...{ type: "host_finished", host: "a\x1b[2J", outcome: "done", changed: 1 },
      ...{ releaseBefore: "\x1b[31m", releaseAfter: "x\ny" },
    });
    // deno-lint-ignore no-control-regex -- what must not be there
    assert(!/[\x00-\x09\x0b-\x1f]/.test(summaryText(progressOf(run), plain)));
  });
});

describe("the changes", () => {
  const diff = "--- /f\n+++ /f\n@@ -1 +1 @@\n-a\n+b\t\x1b[2J\n";
  const plan = (run: FleetScenario, host: string, ...files: string[]): void => {
    for (const file of files) {
      run.emit({
        ...{ type: "change", host, resource: `file:${file}`, summary: `write ${file}`, diff },
        state: "planned",
      });
    }
  };

  it("are told once for all hosts that have the same", () => {
    const run = new FleetScenario("relay1", "relay2", "connector1", "connector2").start();
    plan(run, "relay1", "/f", "/g");
    plan(run, "connector1", "/f");
    plan(run, "relay2", "/f", "/g");
    assertEquals(changesText(progressOf(run), { ...plain, diff: false }).split("\n"), [
      "relay[1-2] (2 hosts): 2 changes",
      "  ~ write /f",
      "  ~ write /g",
      "",
      "connector1: 1 change",
      "  ~ write /f",
    ]);
  });

  it("come with their diffs, escaped", () => {
    const run = new FleetScenario("relay1").start();
    plan(run, "relay1", "/f");
    assertEquals(changesText(progressOf(run), { ...plain, diff: true }).split("\n"), [
      "relay1: 1 change",
      "  ~ write /f",
      "      --- /f",
      "      +++ /f",
      "      @@ -1 +1 @@",
      "      -a",
      "      +b\\u0009\\u001b[2J",
    ]);
  });

  it("colour what comes and goes", { skip: Deno.noColor && "NO_COLOR is set" }, () => {
    const run = new FleetScenario("relay1").start();
    plan(run, "relay1", "/f");
    const lines = changesText(progressOf(run), { color: true, diff: true }).split("\n");
    assertEquals(lines.slice(4), [
      "      \x1b[36m@@ -1 +1 @@\x1b[39m",
      "      \x1b[31m-a\x1b[39m",
      "      \x1b[32m+b\\u0009\\u001b[2J\x1b[39m",
    ]);
  });
});
