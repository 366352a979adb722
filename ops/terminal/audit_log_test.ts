import { assert, assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { FleetScenario } from "../../tests/support/fleet_scenario.ts";
import { ConfigError } from "../../tunnel/errors.ts";
import { type AuditEntry, AuditLog } from "./audit_log.ts";

describe("AuditLog", () => {
  const origin = { user: "ada", machine: "laptop", version: "0.2.0" };
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-audit-" });
    path = `${directory}/fleets/lab/audit.jsonl`;
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  const entries = (file = path): AuditEntry[] =>
    Deno.readTextFileSync(file).trimEnd().split("\n").map((line) => JSON.parse(line));

  /** A whole run with one change on each host. */
  function deploy(check = false): void {
    using log = new AuditLog(path, origin);
    const run = new FleetScenario("relay1", "relay2");
    run.bus.subscribe("the audit", log.sink);
    run.start({ check }).phase("connecting").wait(1500);
    const change = { type: "change", resource: "file:/f", summary: "write /f" } as const;
    run.emit({ ...change, host: "relay1", state: "planned", diff: "+secret\n" });
    run.emit({ ...change, host: "relay1", state: "applied" }).done(["relay1"], 1);
    run.emit({ ...change, host: "relay2", state: "failed", error: "disk full" });
    run.broken("relay2", "disk full", "rolled_back");
    run.emit({ type: "run_finished", exitCode: 1, error: "1 host failed" });
  }

  it("says who did what, when, from where, with what result", () => {
    deploy();
    const all = entries();
    const [first] = all;
    assertEquals(first, {
      schema: 1,
      time: "2026-03-01T10:00:00.000Z",
      run: first!.run,
      user: "ada",
      machine: "laptop",
      command: "deploy",
      host: null,
      what: "begin run",
      result: "begun",
      detail: {
        arguments: ["-i", "lab.yaml"],
        fleet: "lab",
        release: "0.2.0-3f2a9b1c77aa",
        hosts: 2,
        version: "0.2.0",
      },
    });
    const told = all.slice(1).map(({ host, what, result, detail }) => [host, what, result, detail]);
    const releaseBefore = "0.1.0-aaaaaaaaaaaa";
    assertEquals(told, [
      ["relay1", "write /f", "applied", { resource: "file:/f" }],
      [
        ...["relay1", "finish host", "done"],
        { changed: 1, releaseBefore, releaseAfter: "0.2.0-3f2a9b1c77aa" },
      ],
      ["relay2", "write /f", "failed", { resource: "file:/f", error: "disk full" }],
      [
        ...["relay2", "finish host", "rolled_back"],
        { changed: 0, releaseBefore, releaseAfter: releaseBefore, error: "disk full" },
      ],
      [null, "end run", "failed", { exitCode: 1, error: "1 host failed" }],
    ]);
    assertEquals(new Set(all.map(({ run }) => run)).size, 1);
    assertEquals(all[1]?.time, "2026-03-01T10:00:01.500Z");
  });

  it("is for its owner only, and only grows", () => {
    deploy();
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    assertEquals(Deno.statSync(`${directory}/fleets/lab`).mode! & 0o777, 0o700);
    const before = Deno.readTextFileSync(path);
    deploy();
    const after = Deno.readTextFileSync(path);
    assert(after.startsWith(before) && after.length === 2 * before.length);
    assertEquals(new Set(entries().map(({ run }) => run)).size, 2);
  });

  it("mixes no lines of runs that write at the same time", () => {
    using first = new AuditLog(path, origin);
    using second = new AuditLog(path, { ...origin, user: "bob" });
    const runs = [first, second].map((log) => {
      const run = new FleetScenario("relay1");
      run.bus.subscribe("the audit", log.sink);
      return run.start();
    });
    const change = { type: "change", host: "relay1", resource: "x", state: "applied" } as const;
    for (let i = 0; i < 100; i++) {
      for (const run of runs) run.emit({ ...change, summary: `${i}` });
    }
    assertEquals(entries().length, 202);
  });

  it("leaves no trace of a check", () => {
    deploy(true);
    assertEquals(Deno.readTextFileSync(path), "");
  });

  it("bounds what it keeps: of a text, and of all", () => {
    deploy();
    Deno.truncateSync(path, 8_388_608);
    for (let number = 1; number <= 4; number++) {
      Deno.writeTextFileSync(`${path}.${number}`, `${number}`);
    }
    {
      using log = new AuditLog(path, origin);
      const run = new FleetScenario("relay1");
      run.bus.subscribe("the audit", log.sink);
      run.start().broken("relay1", "x".repeat(100_000), "failed");
    }
    const kept = [...Deno.readDirSync(`${directory}/fleets/lab`)].map(({ name }) => name).sort();
    assertEquals(kept, ["audit.jsonl", ...[1, 2, 3, 4].map((number) => `audit.jsonl.${number}`)]);
    assertEquals(Deno.statSync(`${path}.1`).size, 8_388_608);
    assertEquals(Deno.readTextFileSync(`${path}.4`), "3");
    assert(Deno.statSync(path).size < 6000);
    assertEquals(entries().length, 2);
  });

  it("refuses to begin where it can't be kept", () => {
    Deno.writeTextFileSync(`${directory}/fleets`, "a file");
    const error = assertThrows(
      () => new AuditLog(path, origin),
      ConfigError,
      "Cannot keep an audit",
    );
    assert(error.message.includes('set "XDG_STATE_HOME"'));
  });
});
