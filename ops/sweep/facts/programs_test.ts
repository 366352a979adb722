import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { type AdminServer, startAdminServer } from "../../../tunnel/admin.ts";
import { silentLogger } from "../../../tunnel/log.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import type { FleetHost } from "../../fleet/fleet.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { programs } from "./programs.ts";
import { ask, parse } from "./test_source.ts";

/** Admin endpoints of a program that works or doesn't. */
function endpoints(healthy: boolean): Promise<AdminServer> {
  return startAdminServer({
    hostname: "127.0.0.1",
    port: 0,
    exposition: () => Promise.resolve(""),
    health: () => ({ healthy }),
    readiness: () => ({ ready: false, reason: "why not" }),
    status: () => ({ release: "1.0.0-aaa", instance: "0a" }),
    logger: silentLogger,
  });
}

/** A host of a relay with its admin endpoints at this port. */
function relayHost(adminPort: number): FleetHost {
  const relay = { ...everyRoleHost.relay!, adminPort };
  return { ...everyRoleHost, relay, connector: undefined, application: undefined };
}

/** A systemd that has the relay running. */
function relayUnit(): StandInSystemd {
  const systemd = new StandInSystemd();
  systemd.properties = { Id: "ztna-relay@a.service" };
  return systemd;
}

describe("the programs", () => {
  for (const [healthy, status] of [[true, 200], [false, 503]] as const) {
    it(`say that they work with status ${status}`, { skip: needsLinux }, async () => {
      await using server = await endpoints(healthy);
      const host = relayHost(server.address.port);
      const { facts } = await ask(programs, { host, sinceSeconds: undefined }, relayUnit());
      const { healthz, ready, reason, release } = facts!.relay!;
      assertEquals([healthz, ready, reason, release], [status, false, "why not", "1.0.0-aaa"]);
    });
  }

  it("say nothing when they don't answer", { skip: needsLinux }, async () => {
    const port = await endpoints(true).then(async (server) => {
      await server[Symbol.asyncDispose]();
      return server.address.port;
    });
    const question = { host: relayHost(port), sinceSeconds: undefined };
    const { facts } = await ask(programs, question, relayUnit());
    assertEquals([facts?.relay?.active, facts?.relay?.healthz], [true, null]);
  });

  it("are not known of an answer that leaves one out", () => {
    assertEquals(parse(programs, ""), undefined);
  });
});
