import { assert, assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { beginRunOutput, type RunOutputOptions } from "./run_output.ts";
import { Screen } from "./screen.ts";

describe("beginRunOutput", () => {
  let directory: string;
  let written: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-run-" });
    written = "";
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  function run(options: Partial<RunOutputOptions>): void {
    const write = (text: string): void => void (written += text);
    const screen = new Screen(
      { stdout: write, stderr: write, color: { stdout: false, stderr: false } },
      { isLive: false, size: () => ({ columns: 80, rows: 24 }) },
    );
    using run = beginRunOutput({ screen, json: false, verbose: 0, quiet: false, ...options });
    run.bus.emit({
      ...{ type: "run_started", command: "exec", arguments: ["all"], fleet: "lab", release: null },
      ...{ check: false, hosts: [{ host: "a", role: "relay" }] },
    });
    run.bus.emit({ type: "output", host: "a", stream: "stdout", line: "\x1b[1mx\u2028" });
    run.bus.emit({ type: "warning", text: "w" });
    run.bus.emit({ type: "run_finished", exitCode: 0 });
    assertEquals([...run.progress.hosts.keys()], ["a"]);
    assertEquals(run.progress.end?.exitCode, 0);
  }

  it("shows the run", () => {
    run({});
    assertEquals(written, "==> exec: 1 host of fleet lab\n  ! w\n");
  });

  it("shows nothing but problems to those who want JSON, unless they want more", () => {
    run({ json: true });
    assertEquals(written, "  ! w\n");
    written = "";
    run({ json: true, verbose: 1 });
    assertEquals(written, "==> exec: 1 host of fleet lab\n  ! w\n");
    written = "";
    run({ quiet: true, showOutput: true });
    assertEquals(written, "a  | \\u001b[1mx\\u2028\n  ! w\n");
  });

  it("writes every event to the file of --events, for its owner only", () => {
    const events = `${directory}/events.jsonl`;
    Deno.writeTextFileSync(events, "of an earlier run\n");
    run({ events });
    const lines = Deno.readTextFileSync(events).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(lines.map(({ type }) => type), [
      "run_started",
      "output",
      "warning",
      "run_finished",
    ]);
    assertEquals(lines[1].line, "\x1b[1mx\u2028");
    assert(lines.every(({ atMs, time }) => atMs >= 0 && /^\d{4}-.*Z$/.test(time)));
    Deno.removeSync(events);
    run({ events });
    assertEquals(Deno.statSync(events).mode! & 0o777, 0o600);
  });

  it("keeps the audit", () => {
    const path = `${directory}/fleets/lab/audit.jsonl`;
    run({ audit: { path, origin: { user: "ada", machine: "laptop", version: "1" } } });
    assertEquals(Deno.readTextFileSync(path).trimEnd().split("\n").length, 2);
  });

  it("refuses files that can't be written, and leaves none open", {
    skip: Deno.build.os !== "linux" && "only Linux lists open files in /proc",
  }, () => {
    const path = `${directory}/audit.jsonl`;
    const audit = { path, origin: { user: "ada", machine: "laptop", version: "1" } };
    const before = [...Deno.readDirSync("/proc/self/fd")].length;
    assertThrows(() => run({ audit, events: directory }), ConfigError, 'Cannot use "--events" as');
    assertEquals([...Deno.readDirSync("/proc/self/fd")].length, before);
  });

  it("tells that it can't go on with a file when the disk is full", {
    skip: Deno.build.os !== "linux" && "only Linux has /dev/full",
  }, () => {
    run({ events: "/dev/full" });
    assertEquals(
      written,
      "==> exec: 1 host of fleet lab\n" +
        "  ! Cannot go on with the file of --events: No space left on device (os error 28)\n  ! w\n",
    );
  });
});
