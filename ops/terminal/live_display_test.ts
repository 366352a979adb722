import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FleetScenario, numbered } from "../../tests/support/fleet_scenario.ts";
import { FleetDisplay } from "./fleet_display.ts";
import { TerminalModel } from "./recording/terminal_model.ts";
import { Screen } from "./screen.ts";

/** A scenario that is shown on a terminal model; its text is what the terminal shows. */
class Watched extends FleetScenario implements Disposable {
  readonly terminal: TerminalModel;
  readonly screen: Screen;
  readonly display: FleetDisplay;
  writes = 0;

  constructor(hosts: readonly string[], size = { columns: 80, rows: 24 }, verbosity = 0) {
    super(...hosts);
    this.terminal = new TerminalModel(size);
    const write = (text: string): void => {
      this.writes++;
      this.terminal.write(text.replaceAll("\n", "\r\n"));
    };
    this.screen = new Screen(
      { stdout: write, stderr: write, color: { stdout: false, stderr: false } },
      { isLive: true, size: () => size },
    );
    this.display = new FleetDisplay({
      ...{ screen: this.screen, clock: this.clock, verbosity },
      ...{ showOutput: false, isWorkflow: false },
    });
    this.bus.subscribe("the display", this.display.sink);
  }

  /** What the terminal shows after the next frame, with stars for what spins. */
  get text(): string[] {
    this.wait(100);
    return this.terminal.text.replaceAll(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, "*").split("\n");
  }

  [Symbol.dispose](): void {
    this.display[Symbol.dispose]();
  }
}

describe("the live display", () => {
  it("has a line for each host at work, with its phase, its time and its upload", () => {
    using run = new Watched(["relay1", "relay2", "connector1"]);
    run.start().phase("connecting").wait(1000).phase("uploading", ["relay1", "relay2"]);
    run.emit({ type: "upload_progress", host: "relay1", bytes: 0, of: 40 * 2 ** 20 });
    run.wait(4000);
    run.emit({ type: "upload_progress", host: "relay1", bytes: 30 * 2 ** 20, of: 40 * 2 ** 20 });
    run.phase("draining", ["connector1"], "12 peers left");
    assertEquals(run.text, [
      "==> deploy 0.2.0-3f2a9b1c77aa: 3 hosts of fleet lab",
      "0:05  deploy  3 at work",
      "  * relay1      uploading      0:04  █████████░░░ 75% of 40 MiB, 7.5 MiB/s",
      "  * relay2      uploading      0:04",
      "  * connector1  draining       0:00  12 peers left",
    ]);
  });

  it("keeps lines that stay above the area, in order", () => {
    using run = new Watched(["relay1"]);
    run.start().phase("connecting");
    run.emit({ type: "step", text: "Build the release" });
    run.emit({ type: "warning", host: "relay1", text: "clock is 3 s ahead" });
    run.emit({ type: "note", text: "nothing else" });
    assertEquals(run.text.slice(1), [
      "==> Build the release",
      "  ! relay1  clock is 3 s ahead",
      "    nothing else",
      "0:00  deploy  1 at work",
      "  * relay1    connecting     0:00",
    ]);
  });

  it("folds hosts that wait or are done, and shows failures until the end", () => {
    const hosts = [...numbered("relay", 4), ...numbered("connector", 16)];
    using run = new Watched(hosts);
    run.start().phase("waiting", hosts, "their batch");
    run.emit({ type: "batch_started", index: 2, of: 4, hosts: ["relay3", "relay4"] });
    run.wait(60_000).done(["relay1", "relay2"]).phase("verifying", ["relay4"]);
    run.broken("relay3", "Cannot reach /readyz\nLook at its logs", "rolled_back");
    assertEquals(run.text, [
      "==> deploy 0.2.0-3f2a9b1c77aa: 20 hosts of fleet lab",
      "==> Batch 2 of 4: relay[3-4]",
      "  ✗ relay3       rolled back: Cannot reach /readyz",
      "                 Look at its logs",
      "1:00  deploy  batch 2 of 4  2 done  1 failed  1 at work  16 waiting",
      "  ✗ relay3    rolled back   Cannot reach /readyz",
      "  * relay4    verifying      0:00",
      "  · waiting: their batch  connector[1-16]",
      "  ✓ done  relay[1-2]",
    ]);
  });

  it("stays within the screen with more hosts than rows, and counts those left out", () => {
    const hosts = numbered("relay", 60);
    using run = new Watched(hosts, { columns: 60, rows: 10 });
    run.start().phase("uploading", hosts.slice(0, 40)).phase("connecting", hosts.slice(40));
    run.broken("relay1", "a", "failed").broken("relay2", "b", "failed").broken(
      "relay3",
      "c",
      "failed",
    ).broken("relay4", "d", "unreachable");
    const shown = run.text;
    assertEquals(
      shown.slice(-8),
      [
        "0:00  deploy  4 failed  56 at work",
        "  ✗ relay1    failed        a",
        "  ✗ relay2    failed        b",
        "  ✗ 2 more failed  relay[3-4]",
        "  * relay5    uploading      0:00",
        "  * relay6    uploading      0:00",
        "  * relay7    uploading      0:00",
        "  * 33 uploading, 20 connecting  relay[8-60]",
      ],
    );
    assertEquals(shown.length, 1 + 4 + 8);
    assert(shown.every((line) => line.length < 60));
  });

  for (const rows of [1, 2, 3, 5, 24]) {
    it(`draws no more than fits into ${rows} rows`, () => {
      using run = new Watched(numbered("relay", 30), { columns: 80, rows });
      run.start().phase("connecting");
      for (let i = 0; i < 20; i++) run.wait(100);
      // Had a frame been higher than the screen, its lines would be left in what scrolled out.
      assertEquals(run.text.length, 1 + Math.min(rows - 1, Math.max(1, rows - 2)));
    });
  }

  it("spins", () => {
    using run = new Watched(["relay1"]);
    run.start().phase("connecting");
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      run.wait(100);
      seen.add(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.exec(run.terminal.text)?.[0] ?? "");
    }
    assertEquals(seen.size, 10);
  });

  it("draws ten frames a second at most, however much happens", () => {
    using run = new Watched(["relay1"]);
    run.start().phase("uploading");
    run.wait(100);
    const before = run.writes;
    for (let i = 0; i < 1000; i++) {
      run.emit({ type: "upload_progress", host: "relay1", bytes: i, of: 1000 }).wait(1);
    }
    assert(run.writes - before <= 10 * 3, `${run.writes - before} writes`);
  });

  it("lets neither names nor texts of hosts move the cursor", () => {
    using run = new Watched(["relay1\x1b[2J", "relay2"]);
    run.start().phase("draining", ["relay2"], "\x1b[H\r\nall your base");
    run.broken("relay1\x1b[2J", "\x1b]0;title\x07no", "failed");
    assertEquals(
      run.text,
      [
        "==> deploy 0.2.0-3f2a9b1c77aa: 2 hosts of fleet lab",
        "  ✗ relay1\\u001b[2J  failed: \\u001b]0;title\\u0007no",
        "0:00  deploy  1 failed  1 at work",
        "  ✗ relay1\\u001b[2J  failed        \\u001b]0;title\\u0007no",
        "  * relay2      draining       0:00  \\u001b[H\\u000d\\u000aall your base",
      ],
    );
  });

  it("leaves only the lines that stay, and the cursor, at the end", () => {
    using run = new Watched(["relay1"]);
    run.start().phase("connecting").wait(500);
    assert(!run.terminal.isCursorVisible);
    run.done().emit({ type: "run_finished", exitCode: 0 });
    assertEquals(run.text, ["==> deploy 0.2.0-3f2a9b1c77aa: 1 host of fleet lab"]);
    assert(run.terminal.isCursorVisible);
    assertEquals(run.clock.pendingTimers, 0);
  });

  it("does so too when the run is left in the middle", () => {
    const run = new Watched(["relay1"]);
    run.start().phase("connecting").wait(500);
    run[Symbol.dispose]();
    assertEquals(run.text, ["==> deploy 0.2.0-3f2a9b1c77aa: 1 host of fleet lab"]);
    assert(run.terminal.isCursorVisible);
    assertEquals(run.clock.pendingTimers, 0);
  });

  it("shows nothing but warnings and failures when it is quiet", () => {
    using run = new Watched(["relay1", "relay2"], { columns: 80, rows: 24 }, -1);
    run.start().phase("connecting").wait(500);
    run.emit({ type: "step", text: "a" }, { type: "warning", text: "b" });
    run.done(["relay1"]).broken("relay2", "c", "failed");
    assertEquals(run.text, ["  ! b", "  ✗ relay2  failed: c"]);
  });
});
