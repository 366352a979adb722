import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkPlay } from "../engine/resource/check_play.ts";
import type { Facts } from "../engine/resource/facts.ts";
import { combinedPlay, countChanges, isEmpty, planHost } from "./deploy_plan.ts";
import type { Fleet, FleetHost } from "./fleet.ts";
import { type HostPlays, hostPlays } from "./host_plays.ts";
import { relayConfig } from "./program_config.ts";
import {
  emptyUnits,
  everyRoleCredentials,
  everyRoleFleet,
  everyRoleHost,
} from "./test_fleet_host.ts";

const host: FleetHost = {
  ...everyRoleHost,
  connector: { ...everyRoleHost.connector!, extraConfig: { max_udp_flows: 7 } },
};
const fleet: Fleet = { ...everyRoleFleet, hosts: [host] };
const credentials = everyRoleCredentials("certificate", "key");
const units = emptyUnits;

const plays: HostPlays = hostPlays({
  ...{ fleet, host, credentials, units },
  release: { id: "1-a", unless: "false", switchTo: "true" },
});

/** A host that has nothing but what Debian brings. */
function freshFacts(): Facts {
  return {
    paths: new Map(),
    parents: new Set(["/etc", "/opt", "/var/lib", "/etc/systemd/system", "/etc/sysctl.d"]),
    users: new Map([["root", { uid: 0, gid: 0, home: "/root", shell: "/bin/sh" }]]),
    groups: new Map([["root", 0]]),
    packages: new Map(),
    sysctls: new Map(
      plays.prepare.resources.flatMap((resource) =>
        resource.kind === "sysctl"
          ? [[resource.name, { access: "settable", value: 1, persisted: undefined }] as const]
          : []
      ),
    ),
    units: new Map(["application", "relay", "connector"].map((program) => [
      `ztna-${program}@a.service`,
      { loadState: "not-found", activeState: "inactive", fileState: "", needsReload: false },
    ])),
    firewalls: new Map(["udp/4433", "tcp/9490", "tcp/9491"].map((port) => [`firewall:${port}`, {
      manager: "nftables",
      allowed: false,
      chains: [],
    }])),
    conditions: new Map([["release:1-a", false]]),
    pendingHandlers: new Set(),
    extras: new Map(),
  };
}

describe("the plays of a host", () => {
  it("are in order: what they refer to exists, and IDs differ", () => {
    checkPlay(combinedPlay(plays));
  });

  it("show no key in any form", () => {
    const text = JSON.stringify(plays) + Deno.inspect(plays, { depth: 9 });
    assert(!text.includes('"key"') && !text.includes('"retry"'), "a secret shows");
  });

  it("show metrics with a certificate of the host's own, whose change restarts nothing", () => {
    const files = plays.activate.resources.filter(({ id }) => id.includes("/tls/metrics."));
    assertEquals(files.map(({ id, notify }) => [id, notify]), [
      ["file:/etc/ztna/tls/metrics.pem", ["reload:relay", "reload:connector"]],
      ["file:/etc/ztna/tls/metrics.key", ["reload:relay", "reload:connector"]],
    ]);
    const config = relayConfig(host);
    assertEquals([config.metrics_tls_bind, config.metrics_tls_port], ["0.0.0.0", 9490]);
  });

  it("keep metrics on loopback where the inventory says nothing of them", () => {
    const quiet = { ...host, metrics: undefined };
    const quietPlays = hostPlays({
      ...{ fleet: { ...fleet, hosts: [quiet] }, host: quiet, units },
      credentials: { ...credentials, metrics: new Map() },
      release: { id: "1-a", unless: "", switchTo: "" },
    });
    const { resources } = combinedPlay(quietPlays);
    assertEquals(resources.filter(({ id }) => /metrics|tcp/.test(id)), []);
    assert(!JSON.stringify(relayConfig(quiet)).includes("metrics_tls"));
  });

  it("let what the inventory says of a configuration file win", () => {
    const config = plays.activate.resources.find(({ id }) =>
      id === "file:/etc/ztna/connector.json"
    );
    assert(config?.kind === "file" && typeof config.contents === "string");
    assertEquals(JSON.parse(config.contents)["max_udp_flows"], 7);
  });
});

describe("planHost", () => {
  it("prepares what nobody notices, and starts each program once", () => {
    const { prepare, activate, restarts } = planHost(host, plays, freshFacts());
    assertEquals([prepare.conflicts, activate.conflicts], [[], []]);
    assert(prepare.changes.every(({ kind }) => kind !== "service" && kind !== "file"));
    assertEquals(activate.changes.filter(({ kind }) => kind === "service").length, 3);
    assertEquals(activate.handlers.map(({ id }) => id), ["reload:systemd"]);
    assertEquals(restarts, []);
  });

  it("keeps copies of the files and of the link that it changes", () => {
    const { changedPaths } = planHost(host, plays, freshFacts());
    assert(changedPaths.includes("/opt/ztna/current"));
    assert(changedPaths.includes("/etc/ztna/tls/relay.key"));
    assert(!changedPaths.includes("/etc/ztna"));
  });

  it("restarts what runs when its release changes, and reloads nothing on top", () => {
    const facts = freshFacts();
    const running = new Map([...facts.units.keys()].map((unit) => [unit, {
      loadState: "loaded",
      activeState: "active",
      fileState: "enabled",
      needsReload: false,
    }]));
    const { activate, restarts } = planHost(host, plays, { ...facts, units: running });
    assertEquals(restarts, ["application", "relay", "connector"]);
    const ids = activate.handlers.map(({ id }) => id);
    assertEquals(ids.filter((id) => id.startsWith("restart:")).length, 3);
    assertEquals(ids.filter((id) => id.startsWith("reload:")), ["reload:systemd"]);
  });

  it("counts what is left of an earlier run where nothing else is to be done", () => {
    const handler = { id: "restart:relay", summary: "", script: "" };
    const plan = { changes: [], handlers: [handler], warnings: [], conflicts: [], directories: [] };
    assertEquals([countChanges(plan), isEmpty(plan)], [1, false]);
    assertEquals(countChanges({ ...plan, handlers: [] }), 0);
  });
});
