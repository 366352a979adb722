import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import type { RollingJson } from "../../ops/fleet/rolling_json.ts";
import { CheckoutCopy } from "./checkout_copy.ts";
import { FleetLab, labSkipReason } from "./fleet_lab.ts";

const skip = labSkipReason() ?? false;

/** What `status --json` prints. */
interface StatusJson {
  readonly hosts: Readonly<
    Record<string, {
      readonly healthy: boolean;
      readonly services: Readonly<Record<string, { active: boolean; ready: boolean }>>;
    }>
  >;
}

describe("the commands on a deployed fleet", { skip }, () => {
  let fleet: FleetLab;
  let copy: CheckoutCopy;
  let older: DeployJson;
  let newer: DeployJson;

  before(async () => {
    fleet = await FleetLab.open("relay1", "connector1");
    copy = CheckoutCopy.ofAnotherRelease();
    older = await fleet.deploy(["--no-probe"], { from: copy.root });
    newer = await fleet.deploy();
  });

  after(async () => {
    copy?.[Symbol.dispose]();
    await fleet?.[Symbol.asyncDispose]();
  });

  const pidOf = async (program: string): Promise<string> =>
    await fleet.sh(
      program === "relay" ? "relay1" : "connector1",
      `systemctl show -P MainPID ztna-${program}@a`,
    );
  const pids = (): Promise<string[]> =>
    Promise.all(["relay", "connector", "application"].map(pidOf));

  describe("restart", () => {
    it("restarts all programs, and counts what users noticed", async () => {
      const before = await pids();
      const { hosts, ...counts } = await fleet.json<RollingJson>("restart");
      assertEquals([counts.changed, counts.failed, counts.unreachable], [2, 0, 0]);
      (await pids()).forEach((pid, index) => assertNotEquals(pid, before[index]));
      const { relay1, connector1 } = hosts;
      // One connector, which has nowhere else to go.
      assertEquals([relay1!.peersMoved, relay1!.peersClosed], [0, 1]);
      for (const { outcome, release, lost, longestOutageMs } of [relay1!, connector1!]) {
        assertEquals([outcome, release], ["done", newer.release]);
        // Of packets sent every 20 ms, about as many are lost as the outage is long.
        assert(lost! > 0 && longestOutageMs! > 0, `${lost} lost in ${longestOutageMs} ms`);
      }
      await fleet.assertWhole();
    });

    it("restarts one program only, and leaves hosts without it alone", async () => {
      const [relay, connector, application] = await pids();
      const args = ["--program", "connector", "--no-probe"];
      const { hosts } = await fleet.json<RollingJson>("restart", args);
      assertEquals([hosts.relay1!.outcome, hosts.connector1!.outcome], ["skipped", "done"]);
      const [relayNow, connectorNow, applicationNow] = await pids();
      assertEquals([relayNow, applicationNow], [relay, application]);
      assertNotEquals(connectorNow, connector);
    });

    it("with --check restarts nothing", async () => {
      const before = await pids();
      const { changed } = await fleet.json<RollingJson>("restart", ["--check"]);
      assertEquals([changed, await pids()], [2, before]);
    });
  });

  describe("rollback", () => {
    const current = (): Promise<string[]> =>
      Promise.all(
        ["relay1", "connector1"].map((host) => fleet.sh(host, "readlink /opt/ztna/current")),
      );

    it("takes the fleet back to the release before, which the next deploy leaves again", async () => {
      const { hosts } = await fleet.json<RollingJson>("rollback");
      for (const host of ["relay1", "connector1"]) {
        const { outcome, release, releaseBefore } = hosts[host]!;
        assertEquals([outcome, release, releaseBefore], ["done", older.release, newer.release]);
      }
      await fleet.assertWhole({ from: copy.root });
      const again = await fleet.deploy(["--no-probe"]);
      assertEquals([again.changed, again.hosts.relay1!.releaseBefore], [2, older.release]);
    });

    it("takes some hosts to the release that is named, once", async () => {
      const args = ["--to", older.release, "--limit", "connector1", "--no-probe"];
      const { hosts } = await fleet.json<RollingJson>("rollback", args);
      assertEquals(Object.keys(hosts), ["connector1"]);
      assertEquals((await fleet.json<RollingJson>("rollback", args)).changed, 0);
      const mixed = await fleet.run("rollback");
      assertEquals(mixed.code, 2);
      assertStringIncludes(mixed.stderr, `connector1 runs ${older.release}`);
      await fleet.deploy(["--limit", "connector1"]);
      await fleet.assertWhole();
    });

    it("refuses a release that is not there, and what is none, and touches nothing", async () => {
      const before = await current();
      const unknown = await fleet.run("rollback", ["--to", "9.9.9-abcdef"]);
      assertEquals(unknown.code, 2);
      assertMatch(unknown.stderr, /Cannot take "relay1" to release "9\.9\.9-abcdef"/);
      assertStringIncludes(unknown.stderr, older.release);
      const hostile = await fleet.run("rollback", ["--to", "$(touch /tmp/pwned)"]);
      assertEquals(hostile.code, 2);
      assertMatch(hostile.stderr, /must be the ID of a release/);
      assertEquals(await current(), before);
    });

    it("with --check changes nothing", async () => {
      const before = await current();
      const { changed } = await fleet.json<RollingJson>("rollback", ["--check"]);
      assertEquals([changed, await current()], [2, before]);
    });
  });

  it("keeps the five releases that ran last", async () => {
    // Four more that the host has had, as if they had been deployed one after the other.
    const kept = (): Promise<string> => fleet.sh("connector1", "ls /opt/ztna/releases");
    await fleet.sh(
      "connector1",
      `cd /opt/ztna/releases
      for n in 1 2 3 4; do
        cp -a ${older.release} 0.0.$n-copy
        echo "2026-01-0$n"T00:00:00Z 0.0.$n-copy >>history
      done
      cat history .history >all && mv all .history && rm history`,
    );
    assertEquals((await kept()).split("\n").length, 6);
    const only = ["--limit", "connector1", "--no-probe"];
    await fleet.json("rollback", ["--to", older.release, ...only]);
    await fleet.deploy(only);
    assertEquals(
      (await kept()).split("\n").toSorted(),
      ["0.0.2-copy", "0.0.3-copy", "0.0.4-copy", older.release, newer.release].toSorted(),
    );
    await fleet.assertWhole();
  });

  it("a deploy that has nothing to change fails with the hosts whose tunnel loses packets", async () => {
    const connector = fleet.host("connector1").address;
    await fleet.sh(
      "relay1",
      `nft 'add table ip lossy; add chain ip lossy in { type filter hook input priority 0; }
      add rule ip lossy in udp dport 4433 ip saddr != ${connector} numgen random mod 3 == 0 drop'`,
    );
    const end = await fleet.run("deploy", ["--json"]);
    await fleet.sh("relay1", "nft delete table ip lossy");
    assertEquals(end.code, 1, end.stderr);
    const { changed, failed, hosts } = JSON.parse(end.stdout) as DeployJson;
    assertEquals([changed, failed], [0, 2]);
    assertMatch(hosts.relay1!.error!, /^Cannot (call the tunnel healthy|register for service)/);
    await fleet.assertWhole();
  });

  describe("status", () => {
    it("tells what runs where", async () => {
      const end = await fleet.run("status");
      assertEquals(end.code, 0, end.stderr);
      const rows = end.stdout.trim().split("\n").slice(1).map((line) => line.split(/ {2,}/));
      assertEquals(
        rows.map(([host, program, state, , restarts]) => [host, program, state, restarts]),
        [
          ["relay1", "relay", "ready", "0"],
          ["connector1", "application", "ready", "0"],
          ["connector1", "connector", "ready", "0"],
        ],
      );
      assert(rows.every((row) => row.includes(newer.release)), end.stdout);
    });

    it("fails when a program is not ready, and says which", async () => {
      await fleet.sh("connector1", "systemctl stop ztna-connector@a");
      const { hosts } = await fleet.json<StatusJson>("status", [], { code: 1 });
      const { healthy, services } = hosts.connector1!;
      const { active, ready } = services.connector!;
      assertEquals([healthy, active, ready], [false, false, false]);
      assertEquals([hosts.relay1!.healthy, services.application!.ready], [true, true]);
      const repaired = await fleet.deploy(["--no-probe"]);
      assertEquals(repaired.hosts.connector1!.changes.map(({ resource }) => resource), [
        "service:ztna-connector@a.service",
      ]);
      await fleet.assertWhole();
    });
  });

  it("logs shows the journals of the programs, each line with its host", async () => {
    const end = await fleet.run("logs", ["--lines", "3"]);
    assertEquals(end.code, 0, end.stderr);
    const lines = end.stdout.trimEnd().split("\n");
    assertEquals(lines.filter((line) => line.startsWith("relay1     | ")).length, 3);
    assertEquals(lines.filter((line) => line.startsWith("connector1 | ")).length, 3);
    const chosen = await fleet.run("logs", [
      "--program",
      "relay",
      "--grep",
      "registered",
      "--json",
    ]);
    const found = chosen.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert(found.length > 0);
    for (const { host, line } of found) {
      assertEquals(host, "relay1");
      assertMatch(line, /ztna-relay\[\d+\]: .*registered/);
    }
  });

  describe("exec", () => {
    it("shows what hosts answer alike once", async () => {
      const same = await fleet.run("exec", ["all", "--", "echo", "a  b", "$HOME"]);
      assertEquals(same.code, 0, same.stderr);
      assertEquals(same.stdout.match(/a {2}b \$HOME/g)?.length, 1);
      const differing = await fleet.run("exec", ["all", "--", "hostname"]);
      assertMatch(differing.stdout, /relay1[^]*relay1/);
      assertMatch(differing.stdout, /connector1[^]*connector1/);
    });

    it("fails where the command fails, and tells where", async () => {
      interface ExecJson {
        readonly hosts: Record<string, { code: number; stdout: string; stderr: string }>;
      }
      const script = "echo out; echo err >&2; exit $(hostname | grep -c connector)";
      const { hosts } = await fleet.json<ExecJson>("exec", ["--", script], { code: 1 });
      const { relay1, connector1 } = hosts;
      assertEquals([relay1!.code, relay1!.stdout, relay1!.stderr], [0, "out\n", "err\n"]);
      assertEquals(connector1!.code, 1);
    });
  });
});
