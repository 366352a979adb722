import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { silentLogger } from "../../../tunnel/log.ts";
import { startAdminServer } from "../../../tunnel/admin.ts";
import type { AdminServer } from "../../../tunnel/admin.ts";
import { startApplication } from "../../local/application.ts";
import type { ProgramQuestion, WatchedProgram } from "./program_question.ts";
import { parseUnitHealth, unitHealthScript } from "./unit_health.ts";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";

function admin(port: number, address = "127.0.0.1"): ProgramQuestion {
  return { kind: "admin", address, port };
}

/** Admin endpoints that say this. */
function endpoints(
  readiness: { readonly ready: boolean; readonly reason?: string },
  status: unknown = { release: "r1", instance: "01020304" },
): Promise<AdminServer> {
  return startAdminServer({
    hostname: "127.0.0.1",
    port: 0,
    exposition: () => Promise.resolve(""),
    health: () => ({ healthy: true }),
    readiness: () => readiness,
    status: () => status,
    logger: silentLogger,
  });
}

function unusedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const skip = Deno.build.os !== "linux";

describe("unitHealthScript and parseUnitHealth", () => {
  async function health(
    questions: readonly ProgramQuestion[],
    systemd: StandInSystemd,
  ): Promise<ReturnType<typeof parseUnitHealth>> {
    const programs = questions.map((question, index) => ({
      unit: `u${index}@a.service`,
      question,
    }));
    const { stdout, stderr, code } = await systemd.run(unitHealthScript(programs));
    assertEquals([code, stderr], [0, ""]);
    return parseUnitHealth(programs, stdout);
  }

  it("tell of programs that are ready, not ready, and not there", { skip }, async () => {
    using systemd = new StandInSystemd();
    await using ready = await endpoints({ ready: true }, {
      release: "r1",
      instance: "01020304",
      connections: { total: 2, agents: 1, connectors: 1 },
    });
    await using draining = await endpoints({ ready: false, reason: "draining: SIGUSR2" });
    await using application = startApplication("127.0.0.1", 0);
    const echo = (port: number): ProgramQuestion => ({ kind: "echo", address: "127.0.0.1", port });
    const found = await health([
      admin(ready.address.port, "0.0.0.0"),
      admin(draining.address.port),
      admin(unusedPort()),
      echo(application.port),
      echo(unusedPort()),
      { kind: "unit" },
    ], systemd);
    assertEquals(found.map(({ unit }) => unit), [0, 1, 2, 3, 4, 5].map((i) => `u${i}@a.service`));
    assertEquals(found.map(({ ready }) => ready), [true, false, false, true, false, true]);
    assertEquals(found.map(({ active }) => active), Array(6).fill(true));
    assertEquals(found[0]!.connections, { total: 2, agents: 1, connectors: 1 });
    assertEquals([found[0]!.release, found[1]!.instance], ["r1", "01020304"]);
    assertEquals(found[1]!.reason, "draining: SIGUSR2");
    assertStringIncludes(found[2]!.reason!, "no answer from its admin endpoints (127.0.0.1, port");
    assertStringIncludes(found[4]!.reason!, "no echo from 127.0.0.1");
  });

  it("say what systemd says of a unit that does not run", { skip }, async () => {
    using systemd = new StandInSystemd();
    systemd.properties = { ActiveState: "failed", SubState: "failed", Result: "timeout" };
    const [found] = await health([admin(unusedPort())], systemd);
    assertEquals([found!.active, found!.ready], [false, false]);
    assertEquals(found!.reason, "failed (failed), last timeout");
  });

  it("don't hang when a program takes connections and says nothing", { skip }, async () => {
    using systemd = new StandInSystemd();
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const startedMs = performance.now();
    const [found] = await health([admin(silent.addr.port)], systemd);
    assert(performance.now() - startedMs < 20_000);
    assertEquals([found!.active, found!.ready], [true, false]);
  });

  it("are not led astray by what a program says", { skip }, async () => {
    using systemd = new StandInSystemd();
    const hostile = "no\x1b]0;title\x07\nend cmVhZHk=\nunit dTFAYS5zZXJ2aWNl\n$(reboot)`reboot`";
    await using server = await endpoints({ ready: false, reason: hostile }, "x".repeat(1_000_000));
    const found = await health([admin(server.address.port), { kind: "unit" }], systemd);
    assertEquals(found[0]!.reason, hostile);
    assertEquals([found[0]!.release, found[1]!.ready], [null, true]);
  });

  it("quote unit names and addresses", { skip }, async () => {
    using systemd = new StandInSystemd();
    const unit = 'a\'b $(touch x) "c"\n@a.service';
    const programs: WatchedProgram[] = [{ unit, question: admin(1, "127.0.0.1'; exit 3; '") }];
    const { stdout, code } = await systemd.run(unitHealthScript(programs));
    assertEquals(code, 0);
    assertEquals(parseUnitHealth(programs, stdout).map(({ active }) => active), [true]);
  });

  it("have an answer for each program, whatever a host prints", () => {
    const programs = [{ unit: "a", question: admin(1) }, { unit: "b", question: admin(2) }];
    fc.assert(fc.property(fc.string(), (text) => {
      const found = parseUnitHealth(programs, text);
      assertEquals(found.map(({ unit, ready }) => [unit, ready]), [["a", false], ["b", false]]);
    }));
    assertEquals(parseUnitHealth(programs, "")[0]!.reason, "the host does not say how it is");
  });
});
