import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { drainScript, parseDrainOutcome } from "../../ops/engine/health/drain.ts";
import type { ProgramQuestion, WatchedProgram } from "../../ops/engine/health/program_question.ts";
import { parseUnitHealth, unitHealthScript } from "../../ops/engine/health/unit_health.ts";
import {
  parseReadyOutcome,
  type ReadyOutcome,
  waitReadyScript,
} from "../../ops/engine/health/wait_ready.ts";
import { type ProgramName, programNames, unitOf } from "../../ops/fleet/fleet.ts";
import { hostPaths } from "../../ops/host_paths.ts";
import { Lab, labSkipReason } from "../../tests/lab/lab.ts";
import { ProgramHost } from "../../tests/support/program_host.ts";

/** What `systemd-analyze security` may say at most; 0 is closed, 10 open. */
const maxExposure = 2.5;

/** Longest stop, in ms: `TimeoutStopSec` of the relay and the connector is 30 s. */
const stopGraceMs = 30_000;

const questions: Readonly<Record<ProgramName, ProgramQuestion>> = {
  relay: { kind: "admin", address: "127.0.0.1", port: 9090 },
  connector: { kind: "admin", address: "127.0.0.1", port: 9091 },
  application: { kind: "echo", address: "127.0.0.1", port: 9999 },
};

function watched(program: ProgramName): WatchedProgram {
  return { unit: unitOf(program), question: questions[program] };
}

const relay = unitOf("relay");
const skip = labSkipReason() ?? false;

describe("the systemd units on a real host", { skip }, () => {
  let lab: Lab;
  let host: ProgramHost;

  before(async () => {
    lab = await Lab.open({ hosts: ["a"] });
    host = await ProgramHost.install(lab.hosts[0]!);
  });

  after(async () => await lab?.[Symbol.asyncDispose]());

  async function property(unit: string, name: string): Promise<string> {
    return (await host.run(`systemctl show --property=${name} --value -- ${unit}`)).trim();
  }

  async function wait(program: ProgramName, release = host.releaseId): Promise<ReadyOutcome> {
    const expected = program === "application" ? {} : { release };
    const script = waitReadyScript({ program: watched(program), deadlineSeconds: 60, ...expected });
    return parseReadyOutcome(await host.run(script));
  }

  async function mustBeReady(program: ProgramName): Promise<void> {
    const outcome = await wait(program);
    assert(outcome.ready, JSON.stringify(outcome));
  }

  for (const program of programNames) {
    it(`starts the ${program}, and it becomes ready`, async () => {
      await host.run(`systemctl start ${unitOf(program)}`);
      await mustBeReady(program);
    });
  }

  it("has programs that find each other from inside their sandboxes", async () => {
    const programs = programNames.map(watched);
    const found = parseUnitHealth(programs, await host.run(unitHealthScript(programs)));
    assertEquals(found.map(({ ready, reason }) => [ready, reason]), Array(3).fill([true, null]));
    const [, atRelay, atConnector] = found;
    assertEquals(atRelay!.services, [{ id: "web", agents: 0, connectors: 1 }]);
    assertEquals(atConnector!.services, [{ id: "web", state: "registered" }]);
    assertEquals(atRelay!.release, host.releaseId);
  });

  for (const program of programNames) {
    it(`has nothing to complain of in the unit of the ${program}, and leaves it little`, async () => {
      const unit = unitOf(program);
      assertEquals(await host.run(`cd / && systemd-analyze verify ${unit} 2>&1`), "");
      const report = await host.run(`systemd-analyze security --no-pager ${unit}`);
      const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(report)?.[1]);
      assert(exposure < maxExposure, report);
      const pid = await property(unit, "MainPID");
      const status = await host.run(`cat /proc/${pid}/status`);
      assertMatch(status, /^CapEff:\s+0+$/m);
      assertMatch(status, /^CapBnd:\s+0+$/m);
      assertMatch(status, /^NoNewPrivs:\s+1$/m);
      assertMatch(status, /^Seccomp:\s+2$/m);
      assertEquals((await host.run(`ps -o user= -p ${pid}`)).trim(), "ztna");
    });
  }

  it("tells systemd how the relay and the connector are", async () => {
    for (const program of ["relay", "connector"] as const) {
      assertEquals(await property(unitOf(program), "StatusText"), "ready");
    }
  });

  it("reloads the certificates of relay and connector without a restart", async () => {
    for (const program of ["relay", "connector"] as const) {
      const unit = unitOf(program);
      const pid = await property(unit, "MainPID");
      await host.run(`systemctl reload ${unit}
        for i in $(seq 100); do
          journalctl --quiet --output=cat --unit=${unit} | grep -q '"event":"reloaded"' && exit
          sleep 0.1
        done
        exit 1`);
      assertEquals(await property(unit, "MainPID"), pid);
    }
  });

  it("drains the relay by SIGUSR2, and stops it within its grace", async () => {
    const request = { unit: relay, address: "127.0.0.1", port: 9090, deadlineSeconds: 10 };
    const outcome = parseDrainOutcome(await host.run(drainScript(request)));
    assertEquals([outcome.end, outcome.peersAtStart], ["connectors_only", 1]);
    assertEquals(await property(relay, "StatusText"), "draining: SIGUSR2");
    const [health] = parseUnitHealth(
      [watched("relay")],
      await host.run(unitHealthScript([watched("relay")])),
    );
    assertEquals([health!.active, health!.reason], [true, "draining: SIGUSR2"]);
    const startedMs = performance.now();
    await host.run(`systemctl stop ${relay}`);
    assert(performance.now() - startedMs < stopGraceMs);
    assertEquals(await property(relay, "Result"), "success");
    await host.run(`systemctl start ${relay}`);
    await mustBeReady("relay");
    await mustBeReady("connector");
  });

  it("stops the connector and the application cleanly", async () => {
    for (const program of ["connector", "application"] as const) {
      await host.run(`systemctl restart ${unitOf(program)} && systemctl stop ${unitOf(program)}`);
      assertEquals(await property(unitOf(program), "Result"), "success");
      await host.run(`systemctl start ${unitOf(program)}`);
      await mustBeReady(program);
    }
  });

  for (const program of programNames) {
    it(`restarts the ${program} when it crashes`, async () => {
      const unit = unitOf(program);
      const pid = await property(unit, "MainPID");
      await host.run(`kill -KILL ${pid}`);
      await host.run(`for i in $(seq 300); do
          [ "$(systemctl show --property=NRestarts --value ${unit})" != 1 ] || exit 0
          sleep 0.1
        done
        exit 1`);
      await mustBeReady(program);
      assert(await property(unit, "MainPID") !== pid);
    });
  }

  it("gives a relay up that can't start, says why, and takes it back", async () => {
    // The pauses between starts are all that this changes.
    host.write(
      `${hostPaths.units}/ztna-relay@.service.d/quick.conf`,
      "[Service]\nRestartSec=500ms\n",
    );
    await host.run("systemctl daemon-reload");
    host.configure("relay", { prt: 1 });
    const { code } = await host.try(`systemctl restart ${relay}`);
    assertEquals(code, 1);
    const early = await wait("relay");
    assert(!early.ready);
    assertStringIncludes(early.reason, "it keeps ending");
    assertStringIncludes(early.reason, "exit code 2");
    assertStringIncludes(early.journal.join("\n"), '"prt"');
    await host.run(`for i in $(seq 600); do
        [ "$(systemctl show --property=ActiveState --value ${relay})" != failed ] || exit 0
        sleep 0.1
      done
      exit 1`);
    const late = await wait("relay");
    assert(!late.ready);
    assertEquals(late.reason, "the unit is failed (failed), last exit code 2");
    host.configure("relay", {});
    await host.run(`rm -r ${hostPaths.units}/ztna-relay@.service.d && systemctl daemon-reload
      systemctl reset-failed ${relay} && systemctl restart ${relay}`);
    await mustBeReady("relay");
  });

  it("lets a relay have port 443 by the drop-in that its unit describes", async () => {
    host.write(
      `${hostPaths.units}/ztna-relay@.service.d/port.conf`,
      `[Service]
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
PrivateUsers=no
`,
    );
    host.configure("relay", { port: 443 });
    await host.run(`systemctl daemon-reload && systemctl restart ${relay}`);
    await mustBeReady("relay");
    assertStringIncludes(await host.run("ss -Hulnp sport = :443"), "deno");
  });
});
