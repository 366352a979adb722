import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { type AdminServer, startAdminServer } from "../../../tunnel/admin.ts";
import { silentLogger } from "../../../tunnel/log.ts";
import { type DrainOutcome, drainScript, parseDrainOutcome } from "./drain.ts";

const skip = Deno.build.os !== "linux";

/** Admin endpoints with this `/status`; those of a real relay are in `tests/e2e/drain_test.ts`. */
function endpoints(status: () => unknown): Promise<AdminServer> {
  return startAdminServer({
    hostname: "127.0.0.1",
    port: 0,
    exposition: () => Promise.resolve(""),
    health: () => ({ healthy: true }),
    readiness: () => ({ ready: false }),
    status,
    logger: silentLogger,
  });
}

async function drain(
  systemd: StandInSystemd,
  port: number,
  change: { deadlineSeconds?: number; waitForConnectors?: boolean; watchers?: number } = {},
  onLine?: (line: string) => void,
): Promise<DrainOutcome> {
  const request = { unit: "ztna-relay@a.service", address: "0.0.0.0", port, deadlineSeconds: 60 };
  const { stdout, code } = await systemd.run(drainScript({ ...request, ...change }), onLine);
  assertEquals(code, 0);
  return parseDrainOutcome(stdout, change.watchers);
}

/** What a relay says that is draining and has so many clients. */
function draining(agents: number, connectors: number, others = 0): Record<string, unknown> {
  const connections = agents + connectors + others;
  return {
    version: "1",
    connections: { total: 99, agents: 98, connectors: 97 },
    // IDs are strangers' texts: none of them may pass for the account below.
    services: { '  "drain": {\n    "connections": 0,': {}, drain: { connections: 0, agents: 0 } },
    drain: {
      ...{ draining: true, since: "2030-01-01T00:00:00.000Z", connections, agents, connectors },
      ...{ connectionsAtStart: 9, closedWhileDraining: 9 - connections },
    },
  };
}

describe("drainScript and parseDrainOutcome", () => {
  it("wait until the last peer has left, and say how many are left", { skip }, async () => {
    using systemd = new StandInSystemd();
    const states = [draining(2, 1), draining(1, 1), draining(1, 0), draining(0, 0)];
    await using server = await endpoints(() => states[0]);
    const progress: string[] = [];
    const outcome = await drain(systemd, server.address.port, {}, (line) => {
      progress.push(line);
      states.shift();
    });
    assertEquals(progress, [
      "3 peers left (2 agents, 1 connectors)",
      "2 peers left (1 agents, 1 connectors)",
      "1 peers left (1 agents, 0 connectors)",
      "0 peers left (0 agents, 0 connectors)",
    ]);
    const { end, peersAtStart, peersLeft, account } = outcome;
    assertEquals([end, peersAtStart, peersLeft], ["empty", 9, 0]);
    assertEquals(account?.closedWhileDraining, 9);
  });

  it("don't wait for connectors when all others have left, unless told to", { skip }, async () => {
    using systemd = new StandInSystemd();
    let status = draining(0, 2, 1);
    await using server = await endpoints(() => status);
    const { port } = server.address;
    const leave = (): void => void (status = draining(0, 2));
    const outcome = await drain(systemd, port, {}, leave);
    assertEquals([outcome.end, outcome.peersLeft], ["connectors_only", 2]);
    const strict = await drain(systemd, port, { waitForConnectors: true, deadlineSeconds: 1 });
    assertEquals([strict.end, strict.peersLeft], ["deadline", 2]);
    assert(strict.drainSeconds >= 1, String(strict.drainSeconds));
  });

  it("neither wait for agents of ours that watch, nor count them", { skip }, async () => {
    using systemd = new StandInSystemd();
    let status = draining(2, 2);
    await using server = await endpoints(() => status);
    const { port } = server.address;
    const leave = (): void => void (status = draining(1, 2));
    const { end, peersLeft } = await drain(systemd, port, { watchers: 1 }, leave);
    assertEquals([end, peersLeft], ["connectors_only", 2]);
  });

  it("send no signal to a program that would not understand it", { skip }, async () => {
    using systemd = new StandInSystemd();
    const victim = new Deno.Command("sleep", { args: ["60"] }).spawn();
    systemd.pid = victim.pid;
    await using server = await endpoints(() => ({ version: "0.0.1" }));
    assertEquals((await drain(systemd, server.address.port)).end, "unsupported");
    victim.kill("SIGKILL");
    assertEquals((await victim.status).signal, "SIGKILL");
  });

  it("tell of a program that is not there, or ends meanwhile", { skip }, async () => {
    using systemd = new StandInSystemd();
    const server = await endpoints(() => draining(1, 0));
    const { port } = server.address;
    let closed: PromiseLike<void> | undefined;
    const outcome = await drain(systemd, port, {}, () => {
      closed = server[Symbol.asyncDispose]();
    });
    await closed;
    assertEquals([outcome.end, outcome.peersLeft], ["ended", 1]);
    const gone = await drain(systemd, port);
    assertEquals([gone.end, gone.peersAtStart, gone.account], ["not_running", 0, null]);
  });

  it("take an account without numbers for none", { skip }, async () => {
    using systemd = new StandInSystemd();
    for (const connections of ["3", true, -1, undefined]) {
      const { drain: account, ...rest } = draining(1, 1);
      const drained = { ...account as Record<string, unknown>, connections };
      await using server = await endpoints(() => ({ ...rest, drain: drained }));
      const outcome = await drain(systemd, server.address.port);
      assertEquals(outcome.end, "not_running", String(connections));
    }
  });

  it("make something of anything", () => {
    fc.assert(fc.property(fc.string(), (text) => {
      assertEquals(parseDrainOutcome(text).end, "unknown");
    }));
  });
});
