import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import { uniqueSleep } from "../support/process_list.ts";
import { deployPhases, DisturbedDeploys } from "./disturbed_deploys.ts";
import { changedHosts, type FleetLab, labSkipReason } from "./fleet_lab.ts";

const skip = labSkipReason() ?? false;

describe("operators", { skip }, () => {
  let deploys: DisturbedDeploys;
  let fleet: FleetLab;

  before(async () => {
    deploys = await DisturbedDeploys.open();
    fleet = deploys.fleet;
  });

  after(async () => await deploys?.[Symbol.asyncDispose]());

  describe("who press Ctrl-C", () => {
    for (const phase of ["uploading", "applying", "waiting for readiness"]) {
      it(`while ${phase} leave nothing running, and are told how to go on`, async () => {
        await using command = await deploys.begin();
        await deployPhases[phase]!(command);
        command.signal("SIGINT");
        const { code, stderr } = await command.ended();
        assertEquals(code, 130, stderr);
        assertStringIncludes(stderr, "Interrupted; run the command again to continue");
        assertMatch(stderr, /To continue: deno task deploy .*-i \S*inventory\.yaml/);
        assertEquals(await fleet.sessions("relay1"), "");
        await deploys.assertSwitchedOrNot();
        await deploys.assertNextRunConverges();
      });
    }

    it("during a command end it on the host, with what it has started", async () => {
      const sleep = uniqueSleep();
      await using command = fleet.start("exec", ["--", `${sleep} & ${sleep}`]);
      const count = `pgrep -fcx '${sleep}' || :`;
      await fleet.sh("relay1", `until [ "$(${count})" = 2 ]; do sleep 0.05; done`);
      command.signal("SIGINT");
      assertEquals((await command.ended()).code, 130);
      assertEquals(await fleet.sh("relay1", count), "0");
      assertEquals(await fleet.sessions("relay1"), "");
    });

    it("twice need not wait for a host that does not answer", async () => {
      await using command = fleet.start("exec", ["--", "sleep 1000"]);
      await command.sends("the command");
      await fleet.host("relay1").freeze();
      command.signal("SIGINT");
      command.signal("SIGINT");
      assertEquals((await command.ended()).code, 130);
      await fleet.host("relay1").thaw();
      await deploys.assertNextRunConverges();
    });
  });

  describe("two at once", () => {
    it("wait for each other, or are told who has the host", async () => {
      await fleet.sh("relay1", "echo >>/etc/ztna/relay.json");
      await using first = deploys.start("deploy", ["--no-probe"]);
      await first.enters("planned");
      first.signal("SIGSTOP");
      const refused = await deploys.run("deploy", ["--lock-timeout", "0"]);
      assertEquals(refused.code, 1);
      const { error } = (JSON.parse(refused.stdout) as DeployJson).hosts.relay1!;
      assertMatch(
        error!,
        /Cannot change "relay1" .* "\S+@\S+" has its lock for "deploy" since "20\d\d-/,
      );
      assertStringIncludes(error!, "--force-unlock");

      await using second = deploys.start("deploy", ["--no-probe", "--lock-timeout", "60"]);
      await second.sends("survey the host");
      first.signal("SIGCONT");
      const ends = [await first.ended(), await second.ended()];
      assertEquals(ends.map(({ code }) => code), [0, 0], ends[1]!.stderr);
      assertEquals(ends.map(({ stdout }) => changedHosts(JSON.parse(stdout))), [["relay1"], []]);
      await deploys.assertNextRunConverges();
    });

    it("take a host by --force-unlock from one who sleeps, and who can do no more then", async () => {
      await fleet.sh("relay1", "echo >>/etc/ztna/relay.json");
      await using sleeper = deploys.start("deploy", ["--no-probe"]);
      await sleeper.enters("planned");
      sleeper.signal("SIGSTOP");
      const forced = await deploys.run("deploy", ["--no-probe", "--force-unlock"]);
      assertEquals(forced.code, 0, forced.stderr);
      assertEquals(changedHosts(JSON.parse(forced.stdout)), ["relay1"]);
      sleeper.signal("SIGCONT");
      const late = await sleeper.ended();
      assertEquals(late.code, 4, late.stderr);
      assertStringIncludes(late.stderr, "the connection is lost");
      await deploys.assertNextRunConverges();
    });
  });
});
