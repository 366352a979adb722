import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FleetScenario } from "../../tests/support/fleet_scenario.ts";
import { FleetDisplay } from "./fleet_display.ts";
import { Screen } from "./screen.ts";

interface Options {
  readonly verbosity?: number;
  readonly showOutput?: boolean;
  readonly isWorkflow?: boolean;
}

/** A scenario that is shown in plain lines. */
class Logged extends FleetScenario {
  #text = "";

  constructor(hosts: readonly string[], options: Options = {}) {
    super(...hosts);
    const write = (text: string): void => void (this.#text += text);
    const screen = new Screen(
      { stdout: write, stderr: write, color: { stdout: false, stderr: false } },
      { isLive: false, size: () => ({ columns: 80, rows: 24 }) },
    );
    const { verbosity = 0, showOutput = false, isWorkflow = false } = options;
    const display = new FleetDisplay({
      ...{ screen, clock: this.clock, verbosity, showOutput, isWorkflow },
    });
    this.bus.subscribe("the display", display.sink);
  }

  /** The lines since the last time. */
  get lines(): string[] {
    const lines = this.#text.split("\n").slice(0, -1);
    this.#text = "";
    return lines;
  }
}

describe("the plain display", () => {
  it("has a line for each thing that a host begins, with what the one before took", () => {
    const run = new Logged(["relay1", "connector1"]).start();
    run.phase("connecting").wait(420).phase("gathering", ["connector1"]).wait(12_000);
    run.phase("draining", ["relay1"], "3 peers left").phase("draining", ["relay1"], "3 peers left");
    run.wait(2000).phase("draining", ["relay1"], "2 peers left").wait(61_000).phase("restarting");
    run.done(["relay1"]).broken("connector1", "No route\nLook at it", "unreachable");
    assertEquals(run.lines, [
      "==> deploy 0.2.0-3f2a9b1c77aa: 2 hosts of fleet lab",
      "    relay1      connecting",
      "    connector1  connecting",
      "    connector1  gathering  (connecting: 0.4 s)",
      "    relay1      draining: 3 peers left  (connecting: 12 s)",
      "    relay1      draining: 2 peers left",
      "    relay1      restarting  (draining: 1 min 03 s)",
      "    connector1  restarting  (gathering: 1 min 15 s)",
      "  ✓ relay1      done, 4 changed",
      "  ✗ connector1  unreachable: No route",
      "                Look at it",
    ]);
    assertEquals(run.clock.pendingTimers, 0);
  });

  it("does not count changes where there are none, as of a command that only looks", () => {
    const run = new Logged(["relay1"]).start();
    run.done(["relay1"], 0);
    assertEquals(run.lines.at(-1), "  ✓ relay1  done");
  });

  it("says where the batches are, unless there is one only", () => {
    const run = new Logged(["relay1", "relay2", "relay3"]).start();
    run.emit({ type: "batch_started", index: 1, of: 2, hosts: ["relay1"] }).wait(2500);
    run.emit({ type: "batch_finished", index: 1, of: 2, failed: 0 });
    run.emit({ type: "batch_started", index: 2, of: 2, hosts: ["relay2", "relay3"] }).wait(400);
    run.emit({ type: "batch_finished", index: 2, of: 2, failed: 2 });
    run.emit({ type: "batch_started", index: 1, of: 1, hosts: ["relay1"] });
    run.emit({ type: "batch_finished", index: 1, of: 1, failed: 0 });
    run.emit({
      ...{ type: "run_finished", exitCode: 1, error: "2 hosts of a batch failed" },
      continueWith: "deno task deploy --limit relay[2:3]",
    });
    assertEquals(run.lines.slice(1), [
      "==> Batch 1 of 2: relay1",
      "  ✓ batch 1 of 2 done in 2.5 s",
      "==> Batch 2 of 2: relay[2-3]",
      "  ✗ batch 2 of 2: 2 hosts failed, after 0.4 s",
      "    To continue: deno task deploy --limit relay[2:3]",
    ]);
  });

  it("tells of a long upload every ten seconds", () => {
    const run = new Logged(["relay1"]).start().phase("uploading");
    for (let second = 0; second <= 25; second++) {
      run.emit({ type: "upload_progress", host: "relay1", bytes: second * 2 ** 20, of: 2 ** 25 });
      run.wait(1000);
    }
    assertEquals(run.lines.slice(2), [
      "    relay1  uploading: 10 MiB of 32 MiB",
      "    relay1  uploading: 20 MiB of 32 MiB",
    ]);
  });

  it("shows commands with -v, every script once, and all of it with -vv", () => {
    const script = "set -eu\n\tuname -m\n";
    const tell = (run: Logged): string[] => {
      run.start().emit({ type: "process_started", host: "a", argv: ["ssh", "-o", "X=1", "a b'c"] });
      for (const host of ["a", "b"]) {
        run.emit({ type: "script_started", host, what: "gather facts", script });
        run.emit({ type: "output", host, stream: "stdout", line: "\tx\x1b[1m" });
        run.emit({ type: "script_finished", host, what: "gather facts", code: 0 });
      }
      run.emit({
        ...{ type: "change", host: "a", resource: "file:/f", summary: "write /f" },
        state: "applied",
      });
      run.emit({ type: "script_finished", host: "a", what: "apply", code: 7 });
      return run.lines.slice(1);
    };
    assertEquals(tell(new Logged(["a", "b"])), []);
    assertEquals(tell(new Logged(["a", "b"], { verbosity: 1 })), [
      "    a  $ ssh -o X=1 'a b'\\''c'",
      "    a  > gather facts (script 1, 2 lines)",
      "    a    set -eu",
      "    a      uname -m",
      "    b  > gather facts (script 1 again)",
      "  ✓ a  write /f",
      "    a  < apply: exit code 7",
    ]);
    assertEquals(tell(new Logged(["a", "b"], { verbosity: 2 })).slice(4), [
      "a  |     x\\u001b[1m",
      "    a  < gather facts: exit code 0",
      "    b  > gather facts (script 1, 2 lines)",
      "    b    set -eu",
      "    b      uname -m",
      "b  |     x\\u001b[1m",
      "    b  < gather facts: exit code 0",
      "  ✓ a  write /f",
      "    a  < apply: exit code 7",
    ]);
  });

  it("shows what scripts write, as it comes, where that is the point", () => {
    const run = new Logged(["relay1", "b"], { showOutput: true }).start();
    run.emit({ type: "output", host: "relay1", stream: "stdout", line: "ok" });
    run.emit({ type: "output", host: "b", stream: "stderr", line: "::error::not a command" });
    assertEquals(run.lines.slice(1), ["relay1  | ok", "b       ! ::error::not a command"]);
  });

  it("says a failed change always", () => {
    const run = new Logged(["a"], { verbosity: -1 }).start().emit({
      ...{ type: "change", host: "a", resource: "file:/f", summary: "write /f" },
      ...{ state: "failed", error: "disk full" },
    });
    assertEquals(run.lines, ["  ✗ a  write /f: disk full"]);
  });

  it("shows nothing but problems when it is quiet", () => {
    const run = new Logged(["a", "b"], { verbosity: -1 }).start().phase("connecting");
    run.emit({ type: "step", text: "s" }, { type: "note", text: "n" });
    run.emit({ type: "batch_started", index: 1, of: 2, hosts: ["a"] });
    run.emit({ type: "warning", host: "a", text: "w" }).done(["a"]).broken("b", "e", "failed");
    assertEquals(run.lines, ["  ! a  w", "  ✗ b  failed: e"]);
  });

  it("folds batches and annotates problems in a GitHub workflow", () => {
    const run = new Logged(["relay1"], { isWorkflow: true }).start();
    run.emit({ type: "batch_started", index: 1, of: 2, hosts: ["relay1"] }).phase("connecting");
    run.broken("relay1", "100% full\nMake room", "failed");
    run.emit({ type: "batch_finished", index: 1, of: 2, failed: 1 });
    run.emit({ type: "warning", text: "w" }, { type: "run_finished", exitCode: 1 });
    assertEquals(run.lines.slice(1), [
      "::group::Batch 1 of 2",
      "==> Batch 1 of 2: relay1",
      "    relay1  connecting",
      "  ✗ relay1  failed: 100% full",
      "            Make room",
      "::error title=relay1::100%25 full%0AMake room",
      "::endgroup::",
      "  ✗ batch 1 of 2: 1 host failed, after 0.0 s",
      "  ! w",
      "::warning title=ztna-fleet::w",
    ]);
  });

  it("lets no host write a line of its own, a workflow command least of all", () => {
    const hostile = "x\r\n::error::gotcha\x1b[2K";
    const run = new Logged(["a", "b"], { verbosity: 2, isWorkflow: true }).start();
    run.phase("draining", ["a"], hostile);
    run.emit({ type: "output", host: "a", stream: "stdout", line: hostile });
    run.emit({ type: "note", host: "a", text: hostile }, { type: "warning", text: hostile });
    run.emit({ type: "script_started", host: "a", what: hostile, script: hostile });
    run.emit({ type: "process_started", host: "a", argv: [hostile] });
    run.broken("b", hostile, "failed");
    const { lines } = run;
    assertEquals(
      lines.filter((line) => /^\s*(::|##\[)/.test(line)).map((line) => line.slice(0, 24)),
      [
        "::warning title=ztna-fle",
        "::error title=b::x%0D%0A",
      ],
    );
    // deno-lint-ignore no-control-regex -- what must not be there
    assert(lines.every((line) => !/[\x00-\x1f\x7f]/.test(line)));
  });
});
