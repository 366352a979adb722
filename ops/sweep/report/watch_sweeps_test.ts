import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../../../tunnel/fake_clock.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { type CommandContext, InterruptedError } from "../../command.ts";
import { Report } from "../../report.ts";
import { TerminalModel } from "../../terminal/recording/terminal_model.ts";
import { Screen } from "../../terminal/screen.ts";
import { sweepExitCode } from "../sweep_result.ts";
import { ReportFiles } from "./report_files.ts";
import { ReportWriter } from "./report_writer.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import { again, quietSweep, troubledSweep } from "./test_sweep.ts";
import { watchSweeps } from "./watch_sweeps.ts";

/** Sweeps that are watched, with a clock that goes when it is told to. */
class Watched {
  readonly terminal: TerminalModel;
  readonly clock = new FakeClock();
  readonly #controller = new AbortController();
  readonly exitCode: Promise<number>;
  stdout = "";
  stderr = "";
  sweeps = 0;

  /** @param results Of the sweeps; an error is thrown, and after the last one nothing comes. */
  constructor(
    results: readonly (ReportedSweep | Error)[],
    { isLive, json = false, size = { columns: 110, rows: 30 } }: {
      readonly isLive: boolean;
      readonly json?: boolean;
      readonly size?: { readonly columns: number; readonly rows: number };
    },
  ) {
    this.terminal = new TerminalModel(size);
    const show = (text: string): void => this.terminal.write(text.replaceAll("\n", "\r\n"));
    const screen = new Screen({
      stdout: (text) => (this.stdout += text, show(text)),
      stderr: (text) => (this.stderr += text, show(text)),
      color: { stdout: false, stderr: false },
    }, { isLive, size: () => size });
    const { signal } = this.#controller;
    const context: CommandContext = { screen, report: new Report(screen), signal };
    const files = new ReportFiles({}, { json, watch: true });
    const writer = new ReportWriter({
      ...{ context, files, json, again, isCompact: true, verbosity: 0 },
    });
    const options = { context, writer, intervalMs: 30_000, clock: this.clock };
    this.exitCode = watchSweeps(options, async (sweepContext, show) => {
      sweepContext.screen.stderr("progress of the run\n");
      const result = results[this.sweeps++];
      if (result === undefined) return await rejectedWith(signal);
      if (result instanceof Error) throw result;
      await show(result);
      return sweepExitCode(result.result);
    });
    // Who awaits it sees it.
    this.exitCode.catch(() => {});
  }

  interrupt(): void {
    this.#controller.abort(new InterruptedError());
  }

  /** Lets time pass. */
  async wait(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }
}

function rejectedWith(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

const solved: ReportedSweep = {
  ...quietSweep(),
  changes: {
    ...troubledSweep().changes!,
    changes: troubledSweep().changes!.changes.map((change) => ({ ...change, kind: "solved" })),
  },
};

describe("watching sweeps on a terminal", () => {
  it("fills the screen with the last sweep, and says when the next one comes", async () => {
    const run = new Watched([troubledSweep(), quietSweep()], { isLive: true });
    await run.wait(0);
    const lines = run.terminal.text.split("\n");
    assertEquals(lines[0], "sweep of lab  next in 0:30  (Ctrl-C ends)");
    assertMatch(lines[2]!, /^STATUS +HOST +CHECK +SINCE +FOUND$/);
    assertMatch(lines.at(-3)!, /^✗ lab: 3 critical, 17 warnings/);
    await run.wait(12_000);
    assertMatch(run.terminal.text, /^sweep of lab {2}next in 0:18 /);
    await run.wait(18_000);
    assertMatch(run.terminal.text, /^sweep of lab {2}next in 0:30 .*\n\n✓ All 22 hosts all right/);
    await run.wait(32_500);
    assertMatch(run.terminal.text, /^sweep of lab {2}sweeping, 0:02 /);
    assertEquals(run.sweeps, 3);
    run.interrupt();
    assertEquals(await run.exitCode, 0);
  });

  it("leaves the last sweep and its exit code behind when it is interrupted", async () => {
    const run = new Watched([quietSweep(), troubledSweep()], { isLive: true });
    await run.wait(30_000);
    assertEquals(run.stdout, "");
    run.interrupt();
    assertEquals(await run.exitCode, 1);
    assertEquals(run.clock.pendingTimers, 0);
    assertMatch(run.terminal.text, /^STATUS +HOST[^]*deno task sweep -i hosts.yaml --fix --check$/);
    assertMatch(run.stdout, /^STATUS/);
    assert(run.stderr.endsWith("\x1b[?25h"), "the cursor is back");
  });

  it("breaks long commands, and keeps what it has come to where there is no room", async () => {
    const run = new Watched([troubledSweep()], { isLive: true, size: { columns: 70, rows: 12 } });
    await run.wait(0);
    const lines = run.terminal.text.split("\n");
    assertEquals(lines.slice(0, 4), [
      "sweep of lab  next in 0:30  (Ctrl-C ends)",
      "",
      "critical  relay02  reachable  new",
      "    Cannot connect to it as its SSH port must answer: Connection",
    ]);
    assertMatch(lines.at(-4)!, /^… \d+ more lines$/);
    assertMatch(lines.at(-3)!, /^✗ lab: 3 critical/);
    assertEquals(lines.length, 11);
    const tall = new Watched([troubledSweep()], { isLive: true, size: { columns: 70, rows: 60 } });
    await tall.wait(0);
    assertMatch(
      tall.terminal.text,
      /→ See why it ends: deno task exec -i hosts.yaml connector01 --\n {6}journalctl -n 50/,
    );
  });

  it("goes on after a sweep that has failed, and says why", async () => {
    const broken = new ConfigError("Cannot read hosts.yaml");
    const run = new Watched([troubledSweep(), broken, quietSweep()], { isLive: true });
    await run.wait(30_000);
    assertMatch(run.stderr, /✗ Cannot read hosts.yaml/);
    await run.wait(30_000);
    assertMatch(run.terminal.text, /✓ lab: all right/);
    run.interrupt();
    assertEquals(await run.exitCode, 0);
  });
});

describe("watching sweeps elsewhere", () => {
  it("tells the first one in full, and what has changed of each further one", async () => {
    const run = new Watched([troubledSweep(), quietSweep(), solved], { isLive: false });
    await run.wait(60_000);
    const [first, ...others] = run.stdout.split("2026-11-27 03:12  ");
    assertMatch(first!, /^STATUS +HOST[^]*deno task sweep -i hosts.yaml --fix --check\n$/);
    assertEquals(others, [
      "lab: 22 of 22 hosts all right\n",
      "lab: 22 of 22 hosts all right\n" +
      "  ✓ solved: relay02 reachable\n" +
      "  ✓ solved: relay03 disk-space /var\n" +
      "  ✓ solved: (fleet) tunnel-probe service web\n" +
      "  ✓ solved: relay01 udp-buffers\n",
    ]);
    assertMatch(run.stderr, /^(progress of the run\n){3}$/);
    run.interrupt();
    assertEquals(await run.exitCode, 0);
  });

  it("says what to do about what is new", async () => {
    const run = new Watched([quietSweep(), troubledSweep()], { isLive: false });
    await run.wait(30_000);
    assertMatch(
      run.stdout,
      /lab: 3 critical, 17 warnings, 3 of 22 hosts all right\n {2}✗ new critical: relay02 reachable {2}Cannot connect.*\n {6}→ Look at its console/,
    );
    run.interrupt();
    assertEquals(await run.exitCode, 1);
  });

  it("writes one line of JSON for each sweep", async () => {
    for (const isLive of [false, true]) {
      const run = new Watched([troubledSweep(), quietSweep()], { isLive, json: true });
      await run.wait(30_000);
      const statuses = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).status);
      assertEquals(statuses, ["critical", "ok"]);
      run.interrupt();
      assertEquals(await run.exitCode, 0);
    }
  });

  it("ends with what the first sweep throws", async () => {
    const run = new Watched([new ConfigError("Cannot do that")], { isLive: false });
    await assertRejects(() => run.exitCode, ConfigError, "Cannot do that");
  });

  it("is interrupted like any command before the first sweep has ended", async () => {
    const run = new Watched([], { isLive: false });
    await run.wait(0);
    run.interrupt();
    await assertRejects(() => run.exitCode, InterruptedError);
  });

  it("has the last sweep's exit code when the next one is interrupted", async () => {
    const run = new Watched([troubledSweep()], { isLive: false });
    await run.wait(30_000);
    assertEquals(run.sweeps, 2);
    run.interrupt();
    assertEquals(await run.exitCode, 1);
  });
});
