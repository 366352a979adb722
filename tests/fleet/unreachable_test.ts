import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import { runProgram } from "../lab/program.ts";
import { FleetLab, labSkipReason } from "./fleet_lab.ts";
import type { CommandEnd } from "./running_command.ts";

const skip = labSkipReason() ?? false;

/** The password of the account `operator`, by sudo. */
const password = "lab-password";

describe("a host that can't be reached", { skip }, () => {
  let fleet: FleetLab;

  before(async () => {
    fleet = await FleetLab.open("relay1", "connector1");
    await fleet.deploy(["--no-probe"]);
  });

  after(async () => await fleet?.[Symbol.asyncDispose]());

  /** An inventory by which ssh works with other files than the lab's. */
  function inventoryWith(...changes: readonly (readonly [RegExp, string])[]): string {
    const config = changes.reduce(
      (text, [pattern, replacement]) => text.replace(pattern, replacement),
      Deno.readTextFileSync(fleet.lab.sshConfigFile),
    );
    const path = fleet.write("ssh_config", config);
    return fleet.inventory({ ansible_ssh_common_args: `-F ${path}` });
  }

  /** Shows that a command has reached nobody; gives what it said of the relay. */
  function unreachable({ code, stdout, stderr }: CommandEnd): string {
    assertEquals(code, 4, stderr);
    const { hosts, ...counts } = JSON.parse(stdout) as DeployJson;
    assertEquals([counts.changed, counts.failed, counts.unreachable], [0, 0, 2]);
    return hosts.relay1!.error!;
  }

  it("as its cable is unplugged keeps the others as they are, unless some may fail", async () => {
    await fleet.sh("relay1", "echo >>/etc/ztna/relay.json");
    const drifted = (): Promise<string> => fleet.sh("relay1", "tail -n 1 /etc/ztna/relay.json");
    await fleet.host("connector1").cut();
    try {
      const args = ["--no-probe", "--connect-timeout", "1"];
      const stopped = await fleet.deploy(args, { code: 4 });
      const { relay1, connector1 } = stopped.hosts;
      assertEquals([relay1!.outcome, connector1!.outcome], ["skipped", "unreachable"]);
      assertEquals([stopped.changed, stopped.unreachable, await drifted()], [0, 1, ""]);
      assertMatch(connector1!.error!, /Cannot connect to "connector1" as .*check that the host/s);
      const tolerant = await fleet.deploy([...args, "--max-fail", "1"], { code: 4 });
      assertEquals([tolerant.hosts.relay1!.outcome, await drifted()], ["done", "}"]);
    } finally {
      await fleet.host("connector1").mend();
    }
    await fleet.assertWhole();
  });

  it("as its key is another one than it was is told so, with what to do", async () => {
    const known = Deno.readTextFileSync(fleet.lab.paths.knownHosts).trim().split("\n");
    const [relayKey, connectorKey] = known.map((line) => line.replace(/^\S+ /, ""));
    const swapped = fleet.write(
      "known_hosts",
      known.map((line) => line.replace(relayKey!, () => connectorKey!)).join("\n") + "\n",
    );
    const inventory = inventoryWith([/UserKnownHostsFile .*/, `UserKnownHostsFile ${swapped}`]);
    const { code, stdout, stderr } = await fleet.run("deploy", ["--json"], { inventory });
    assertEquals(code, 4, stderr);
    const { relay1, connector1 } = (JSON.parse(stdout) as DeployJson).hosts;
    assertMatch(relay1!.error!, /its host key must be the one in ".*known_hosts" line 1/);
    assertMatch(relay1!.error!, /Somebody may be listening in between.*"ssh-keygen -f /s);
    assertEquals(connector1!.outcome, "skipped");
    const still = await fleet.run("deploy", ["--json", "--accept-new-host-keys"], { inventory });
    assertEquals(still.code, 4, "a changed key was accepted");
    await fleet.assertWhole();
  });

  it("as its key is not known is connected to only with --accept-new-host-keys", async () => {
    const empty = fleet.write("known_hosts", "");
    const inventory = inventoryWith([/UserKnownHostsFile .*/, `UserKnownHostsFile ${empty}`]);
    const refused = await fleet.run("deploy", ["--json"], { inventory });
    assertMatch(unreachable(refused), /its host key must be known: .*"--accept-new-host-keys"/s);
    const { changed } = await fleet.deploy(["--accept-new-host-keys", "--no-probe"], { inventory });
    assertEquals(changed, 0);
    assert(Deno.readTextFileSync(empty).includes("relay1"));
    assertEquals((await fleet.deploy(["--no-probe"], { inventory })).changed, 0);
  });

  it("as it does not take the key is told so, with what to check", async () => {
    const key = `${fleet.directory}/another_key`;
    await runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
    const inventory = inventoryWith([/IdentityFile .*/, `IdentityFile ${key}`]);
    const error = unreachable(await fleet.run("deploy", ["--json"], { inventory }));
    assertMatch(error, /it must accept one of your keys: .*Permission denied/);
    assertStringIncludes(error, '"ansible_ssh_private_key_file"');
    await fleet.assertWhole();
  });

  describe("with privileges, as sudo", () => {
    const inventory = (): string => fleet.inventory({ ansible_user: "operator" });

    it("wants a password, is told so", async () => {
      const end = await fleet.run("deploy", ["--json"], { inventory: inventory() });
      assertMatch(
        unreachable(end),
        /Cannot become "root" on "relay1" as sudo asks for a password: .*--ask-become-pass/,
      );
    });

    it("does not accept the password, is told so", async () => {
      const file = fleet.write("password", "not the password\n");
      const args = ["--json", "--become-password-file", file];
      const end = await fleet.run("deploy", args, { inventory: inventory() });
      assertMatch(unreachable(end), /sudo does not accept the password/);
    });

    it("accepts the password, is worked on, and the password is nowhere to be seen", async () => {
      const file = fleet.write("password", `${password}\n`);
      await fleet.sh("relay1", "echo >>/etc/ztna/relay.json");
      const args = ["-vv", "--no-probe", "--become-password-file", file];
      const end = await fleet.run("deploy", args, { inventory: inventory() });
      assertEquals(end.code, 0, end.stderr);
      const said = `${end.stdout}${end.stderr}${JSON.stringify(end.events)}`;
      assertStringIncludes(said, "/etc/ztna/relay.json");
      assertEquals(said.includes(password), false);
      const logged = "journalctl --no-pager | grep -c lab-password || :";
      assertEquals(await fleet.sh("relay1", logged), "0");
      await fleet.assertWhole();
    });

    it("would get a password that others can read, is not tried", async () => {
      const file = fleet.write("password", `${password}\n`);
      Deno.chmodSync(file, 0o644);
      const args = ["--become-password-file", file];
      const { code, stderr } = await fleet.run("deploy", args, { inventory: inventory() });
      assertEquals(code, 2);
      assertStringIncludes(stderr, "only you may have access to it");
    });
  });
});
