import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { startAdminServer } from "../../../tunnel/admin.ts";
import { silentLogger } from "../../../tunnel/log.ts";
import { startApplication } from "../../local/application.ts";
import type { WatchedProgram } from "./program_question.ts";
import { parseReadyOutcome, type ReadyOutcome, waitReadyScript } from "./wait_ready.ts";

const unit = "ztna-relay@a.service";
const skip = Deno.build.os !== "linux";

/** Admin endpoints whose answers a test changes. */
class Program implements AsyncDisposable {
  notReady: string | undefined;
  release = "r1";
  #server: Awaited<ReturnType<typeof startAdminServer>> | undefined;

  static async start(notReady?: string): Promise<Program> {
    const program = new Program();
    program.notReady = notReady;
    program.#server = await startAdminServer({
      hostname: "127.0.0.1",
      port: 0,
      exposition: () => Promise.resolve(""),
      health: () => ({ healthy: true }),
      readiness: () => ({ ready: program.notReady === undefined, reason: program.notReady ?? "" }),
      status: () => ({ version: "1", release: program.release, instance: "01020304" }),
      logger: silentLogger,
    });
    return program;
  }

  get watched(): WatchedProgram {
    const { port } = this.#server!.address;
    return { unit, question: { kind: "admin", address: "127.0.0.1", port } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/** Waits as the script does; `onLine` gets its progress. */
async function wait(
  systemd: StandInSystemd,
  program: WatchedProgram,
  options: { release?: string; deadlineSeconds?: number; onLine?: (line: string) => void } = {},
): Promise<{ outcome: ReadyOutcome; progress: string[] }> {
  const { onLine, deadlineSeconds = 60, ...rest } = options;
  const script = waitReadyScript({ program, deadlineSeconds, ...rest });
  const { stdout, stderr, code } = await systemd.run(script, onLine);
  assertEquals(code, 0, stderr);
  return { outcome: parseReadyOutcome(stdout), progress: stderr.split("\n").slice(0, -1) };
}

function assertFailed(outcome: ReadyOutcome): asserts outcome is ReadyOutcome & { ready: false } {
  assert(!outcome.ready, JSON.stringify(outcome));
}

describe("waitReadyScript and parseReadyOutcome", () => {
  it("tell at once of a program that is ready", { skip }, async () => {
    using systemd = new StandInSystemd();
    await using program = await Program.start();
    const { outcome, progress } = await wait(systemd, program.watched, { release: "r1" });
    assertEquals([outcome.ready, progress], [true, []]);
    assert(outcome.ready && outcome.status?.instance === "01020304");
  });

  it("say why they wait, each reason once, until it is ready", { skip }, async () => {
    using systemd = new StandInSystemd();
    systemd.properties = { ActiveState: "activating", SubState: "start" };
    await using program = await Program.start('not registered: "web" (connecting)');
    const next = [
      () => systemd.properties = {},
      () => program.notReady = "starting",
      () => program.notReady = undefined,
    ];
    const { outcome, progress } = await wait(systemd, program.watched, {
      onLine: () => void next.shift()?.(),
    });
    assertEquals(outcome.ready, true);
    assertEquals(progress, [
      "the unit is activating (start)",
      'not ready: not registered: "web" (connecting)',
      "not ready: starting",
    ]);
  });

  it("wait for the release that was deployed", { skip }, async () => {
    using systemd = new StandInSystemd();
    await using program = await Program.start();
    program.release = "0.1.0-old";
    const release = "0.1.0-new";
    const { outcome, progress } = await wait(systemd, program.watched, {
      release,
      onLine: () => void (program.release = release),
    });
    assertEquals(progress, ["it is ready, but does not run release 0.1.0-new"]);
    assert(outcome.ready && outcome.status?.release === release);
  });

  it("give up when time is over, with the last reason and the journal", { skip }, async () => {
    using systemd = new StandInSystemd();
    systemd.journal = "one\ntwo \x1b[31mred\n";
    await using program = await Program.start("starting");
    const { outcome } = await wait(systemd, program.watched, { deadlineSeconds: 1 });
    assertFailed(outcome);
    const seconds = Math.round(outcome.seconds);
    assertEquals(outcome.reason, `not ready after ${seconds} s: not ready: starting`);
    assertEquals(outcome.journal, ["one", "two \x1b[31mred"]);
    assert(outcome.seconds >= 1 && outcome.seconds < 30, String(outcome.seconds));
  });

  it("give up at once when the unit has failed, or is not there", { skip }, async () => {
    using systemd = new StandInSystemd();
    const program: WatchedProgram = { unit, question: { kind: "unit" } };
    systemd.properties = {
      ...{ ActiveState: "failed", SubState: "failed", Result: "exit-code" },
      ...{ ExecMainCode: "1", ExecMainStatus: "2" },
    };
    const failed = (await wait(systemd, program)).outcome;
    assertFailed(failed);
    assertEquals(failed.reason, "the unit is failed (failed), last exit code 2");
    systemd.properties = { LoadState: "not-found", ActiveState: "inactive", SubState: "dead" };
    const missing = (await wait(systemd, program)).outcome;
    assertFailed(missing);
    assertEquals(missing.reason, "the unit is not installed");
  });

  it("wait for a unit that a job is about to start", { skip }, async () => {
    using systemd = new StandInSystemd();
    systemd.properties = { ActiveState: "inactive", SubState: "dead", Job: "17" };
    const program: WatchedProgram = { unit, question: { kind: "unit" } };
    const { outcome, progress } = await wait(systemd, program, {
      onLine: () => void (systemd.properties = {}),
    });
    assertEquals([outcome.ready, progress], [true, ["the unit is inactive (dead)"]]);
  });

  it("give up when systemd has restarted it again and again", { skip }, async () => {
    using systemd = new StandInSystemd();
    const again = (NRestarts: string): Record<string, string> => ({
      ...{ ActiveState: "activating", SubState: "auto-restart", NRestarts },
      ...{ Result: "exit-code", ExecMainCode: "1", ExecMainStatus: "1" },
    });
    systemd.properties = again("7");
    const { outcome } = await wait(systemd, { unit, question: { kind: "unit" } }, {
      onLine: () => void (systemd.properties = again("10")),
    });
    assertFailed(outcome);
    assertStringIncludes(outcome.reason, "it keeps ending: the unit is activating (auto-restart)");
    assertEquals([outcome.state.restarts, outcome.state.lastExit], [10, "exit code 1"]);
  });

  it("take an application that sends back what it gets for ready", { skip }, async () => {
    using systemd = new StandInSystemd();
    await using application = startApplication("127.0.0.1", 0);
    const question = { kind: "echo", address: "0.0.0.0", port: application.port } as const;
    const { outcome } = await wait(systemd, { unit, question });
    assertEquals([outcome.ready, outcome.ready && outcome.status], [true, undefined]);
  });

  it("keep the host's terminal escapes out of the progress", { skip }, async () => {
    using systemd = new StandInSystemd();
    await using program = await Program.start("a\x1b]0;title\x07b\nc");
    const { progress } = await wait(systemd, program.watched, { deadlineSeconds: 0 });
    assertEquals(progress, ["not ready: a ]0;title b c"]);
  });

  it("make a failure of an answer that was cut off", () => {
    fc.assert(fc.property(fc.string(), (text) => assertFailed(parseReadyOutcome(text))));
  });
});
