import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { wouldChangeExitCode } from "../../ops/command.ts";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import type { AuditEntry } from "../../ops/terminal/audit_log.ts";
import { CheckoutCopy } from "./checkout_copy.ts";
import { changedHosts, FleetLab, labSkipReason } from "./fleet_lab.ts";
import { MetricsQuestions } from "./metrics_questions.ts";
import type { CommandEnd } from "./running_command.ts";

const skip = labSkipReason() ?? false;
const hosts = ["relay1", "relay2", "connector1"];

/** Everything on a host's disk, but for what every login writes. */
const listDisk = `find / -xdev \\( -path /var/log -o -path /proc -o -path /sys -o -path /run \\
  -o -path /dev -o -path /tmp -o -path /var/tmp \\) -prune \\
  -o -printf '%p %y %m %u:%g %s %T@ %l\\n' | sort`;

describe("deploy", { skip }, () => {
  let fleet: FleetLab;
  let disksBefore: readonly string[];
  let disksAfterCheck: readonly string[];
  let laptopAfterCheck: readonly string[];
  let checked: DeployJson;
  let first: CommandEnd;

  before(async () => {
    fleet = await FleetLab.open(...hosts);
    const disks = (): Promise<string[]> =>
      Promise.all(hosts.map((host) => fleet.sh(host, listDisk)));
    disksBefore = await disks();
    checked = await fleet.deploy(["--check"]);
    disksAfterCheck = await disks();
    laptopAfterCheck = files(`${fleet.directory}/state`);
    first = await fleet.run("deploy", ["--json"]);
  });

  after(async () => await fleet?.[Symbol.asyncDispose]());

  const tlsDirectory = (): string => `${fleet.directory}/state/ztna-fleet/fleets/lab/tls`;

  /** Lines that only who has the fleet's keys knows. */
  function secretLines(): string[] {
    return files(tlsDirectory()).filter((name) => name.endsWith(".key")).flatMap((name) =>
      Deno.readTextFileSync(`${tlsDirectory()}/${name}`).split("\n")
        .filter((line) => line !== "" && !line.startsWith("-----"))
    );
  }

  function assertNoSecrets(end: CommandEnd): void {
    const secrets = secretLines();
    assert(secrets.length > 3);
    const said = `${end.stdout}\n${end.stderr}\n${JSON.stringify(end.events)}`;
    assertEquals(secrets.filter((line) => said.includes(line)), []);
  }

  it("with --check tells all that it would do, and touches neither hosts nor laptop", () => {
    assertEquals([checked.check, checked.changed, checked.failed], [true, 3, 0]);
    assertEquals(disksAfterCheck, disksBefore);
    assertEquals(laptopAfterCheck, []);
    const { changes } = checked.hosts.relay1!;
    const made = (JSON.parse(first.stdout) as DeployJson).hosts.relay1!.changes;
    assertEquals(changes.map(({ resource }) => resource), made.map(({ resource }) => resource));
    assertStringIncludes(changes.map(({ resource }) => resource).join("\n"), "upload:");
  });

  it("brings fresh hosts to the checkout's release, and packets go through their tunnels", async () => {
    assertEquals(first.code, 0, first.stderr);
    const { changed, failed, unreachable, ...json } = JSON.parse(first.stdout) as DeployJson;
    assertEquals([changed, failed, unreachable], [3, 0, 0]);
    for (const host of hosts) {
      const { outcome, release, releaseBefore } = json.hosts[host]!;
      assertEquals([outcome, release, releaseBefore], ["done", json.release, null]);
    }
    const probe = await fleet.json<{ sent: number; lost: number }>("probe", ["--count", "20"]);
    assertEquals([probe.sent, probe.lost], [20, 0]);
    assertNoSecrets(first);
    await fleet.assertWhole();
  });

  it("changes nothing when all is as it should be, by one ssh and at most two round trips", async () => {
    const end = await fleet.run("deploy", ["--json"]);
    assertEquals(end.code, 0, end.stderr);
    const json = JSON.parse(end.stdout) as DeployJson;
    assertEquals([json.changed, changedHosts(json)], [0, []]);
    for (const host of hosts) {
      const { roundTrips, processes } = json.hosts[host]!.traffic!;
      assert(roundTrips <= 2, `${roundTrips} round trips`);
      assertEquals(processes, 1);
      const of = (type: string): number =>
        end.events.filter((event) => event.type === type && "host" in event && event.host === host)
          .length;
      assertEquals([of("script_started"), of("process_started")], [roundTrips, processes]);
    }
  });

  it("carries a changed variable to those that it is for, and leaves the others alone", async () => {
    const pids = (): Promise<string> =>
      fleet.sh("connector1", "systemctl show -P MainPID ztna-connector@a ztna-application@a");
    const before = await pids();
    fleet.variables = { ztna_relay_config: { log_level: "warn", drain_timeout: 0.1 } };
    try {
      assertEquals(changedHosts(await fleet.deploy(["--check"])), ["relay1", "relay2"]);
      assertEquals(changedHosts(await fleet.deploy()), ["relay1", "relay2"]);
      assertStringIncludes(
        await fleet.sh("relay2", "cat /etc/ztna/relay.json"),
        '"log_level": "warn"',
      );
      await fleet.assertWhole();
      assertEquals(await pids(), before);
    } finally {
      fleet.variables = {};
    }
    assertEquals(changedHosts(await fleet.deploy()), ["relay1", "relay2"]);
    await fleet.assertWhole();
  });

  it("shows metrics to Prometheus, and to nobody else, where the inventory says so", async () => {
    fleet.variables = { ztna_metrics_bind: "0.0.0.0" };
    try {
      assertNoSecrets(await fleet.run("deploy", ["--check", "--diff", "-vv"]));
      assertEquals(changedHosts(await fleet.deploy()), hosts);
      await fleet.assertWhole();
      const out = `${fleet.directory}/prometheus`;
      const { targets } = await fleet.json<{ targets: { url: string; instance: string }[] }>(
        "dashboards",
        ["targets", "--out", out],
      );
      assertEquals(targets.map(({ url }) => url), [
        "https://relay1:9490/metrics",
        "https://relay2:9490/metrics",
        "https://connector1:9491/metrics",
      ]);
      const ask = new MetricsQuestions(fleet, "connector1");
      await ask.resolveNames();
      const prometheus = `${out}/tls/prometheus`;
      for (const { url } of targets) {
        assertEquals(await ask.status(url, prometheus), "200");
        // An alert, unless the end of the connection is there before the client has read it.
        assertMatch(await ask.status(url), /certificate|close_notify/i);
        assertEquals(await ask.status(url, `${tlsDirectory()}/probe`), "403");
      }
      const pids = (): Promise<string> =>
        fleet.sh("relay1", "systemctl show -P MainPID ztna-relay@a");
      const before = await pids();
      Deno.removeSync(`${tlsDirectory()}/metrics-relay1.pem`);
      const renewed = await fleet.deploy();
      assertEquals(changedHosts(renewed), ["relay1"]);
      assertEquals(
        renewed.hosts.relay1!.changes.map(({ resource }) => resource),
        ["file:/etc/ztna/tls/metrics.pem", "file:/etc/ztna/tls/metrics.key"],
      );
      assertEquals([await pids(), await ask.status(targets[0]!.url, prometheus)], [before, "200"]);
    } finally {
      fleet.variables = {};
    }
    assertEquals(changedHosts(await fleet.deploy()), hosts);
    await fleet.assertWhole();
  });

  it("shows with --diff how files change, and never a key", async () => {
    await fleet.sh(
      "relay1",
      'sed -i \'s/"port": 4433/"port": 4499/\' /etc/ztna/relay.json; echo old >/etc/ztna/tls/relay.key',
    );
    const end = await fleet.run("deploy", ["--check", "--diff"]);
    assertEquals(end.code, wouldChangeExitCode, end.stderr);
    assertMatch(end.stdout, /^ *- {2}"port": 4499,$/m);
    assertMatch(end.stdout, /^ *\+ {2}"port": 4433,$/m);
    assertStringIncludes(end.stdout, "/etc/ztna/tls/relay.key");
    assertNoSecrets(end);
    const made = await fleet.run("deploy", ["--diff", "-vv"]);
    assertEquals(made.code, 0, made.stderr);
    assertNoSecrets(made);
    await fleet.assertWhole();
  });

  it("looks only at what --tags, --skip-tags and --limit leave", async () => {
    const drift = "rm /etc/sysctl.d/*ztna*; echo >>/etc/ztna/connector.json";
    await fleet.sh("connector1", drift);
    await fleet.sh("relay1", "rm /etc/sysctl.d/*ztna*");
    const resources = ({ hosts }: DeployJson): Record<string, string[]> =>
      Object.fromEntries(
        Object.entries(hosts).map(([name, { changes }]) => [
          name,
          changes.map(({ kind }) => kind),
        ]),
      );
    const kernel = await fleet.deploy(["--tags", "kernel", "--limit", "connector1"]);
    assertEquals(resources(kernel), { connector1: ["sysctl", "sysctl"] });
    const others = await fleet.deploy(["--check", "--skip-tags", "kernel"]);
    assertEquals(resources(others), { relay1: [], relay2: [], connector1: ["file"] });
    const rest = await fleet.deploy();
    assertEquals(resources(rest).relay1, ["sysctl", "sysctl", "sysctl"]);
    assertEquals(resources(rest).connector1, ["file"]);
    await fleet.assertWhole();
  });

  it("replaces a release batch by batch, and says what users noticed", async () => {
    using other = CheckoutCopy.ofAnotherRelease();
    const from = other.root;
    const end = await fleet.run("deploy", ["--json", "--serial", "2"], { from });
    assertEquals(end.code, 0, end.stderr);
    const json = JSON.parse(end.stdout) as DeployJson;
    const { release } = JSON.parse(first.stdout) as DeployJson;
    assertNotEquals(json.release, release);
    assertEquals(batches(end), [["relay1", "relay2"], ["connector1"]]);
    for (const host of hosts) {
      const { releaseBefore, interruption, changes } = json.hosts[host]!;
      assertEquals(releaseBefore, release);
      assertEquals(changes.filter(({ resource }) => resource.startsWith("upload:")).length, 1);
      assertEquals(interruption!.lost === null, host === "relay2", "relay2 has no connector");
    }
    await fleet.assertWhole({ from });

    const back = await fleet.run("deploy", ["--json"]);
    assertEquals(batches(back), [["relay1"], ["relay2"], ["connector1"]]);
    const { changes } = (JSON.parse(back.stdout) as DeployJson).hosts.relay1!;
    assertEquals(changes.filter(({ resource }) => resource.startsWith("upload:")), []);
    await fleet.assertWhole();
  });

  it("leaves a trace of every change, in the hosts' journals and on the laptop", async () => {
    await fleet.sh("relay1", "echo >>/etc/ztna/relay.json");
    await fleet.deploy(["--limit", "relay1"]);
    const journal = await fleet.sh("relay1", "journalctl -t ztna-fleet -o cat -n 1 --no-pager");
    assertMatch(journal, /^\S+@\S+: deploy: .*\/etc\/ztna\/relay\.json/);
    const audit = Deno.readTextFileSync(
      `${fleet.directory}/state/ztna-fleet/fleets/lab/audit.jsonl`,
    );
    const entries = audit.trimEnd().split("\n").map((line) => JSON.parse(line) as AuditEntry);
    const { run } = entries.at(-1)!;
    const told = entries.filter((entry) => entry.run === run)
      .map(({ host, what, result }) => [host, what, result]);
    const written = told.findIndex(([, what]) => what!.includes("/etc/ztna/relay.json"));
    assertEquals(told[0], [null, "begin run", "begun"]);
    assertEquals([told[written]![0], told[written]![2]], ["relay1", "applied"]);
    assertEquals(told.slice(-2), [["relay1", "finish host", "done"], [null, "end run", "done"]]);
    assertEquals(secretLines().filter((line) => audit.includes(line)), []);
    await fleet.assertWhole();
  });
});

/** The hosts of each batch. */
function batches({ events }: CommandEnd): (readonly string[])[] {
  return events.flatMap((event) => event.type === "batch_started" ? [event.hosts] : []);
}

/** Names of a directory's files; none when it is not there. */
function files(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
