import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { deployPhases, DisturbedDeploys } from "./disturbed_deploys.ts";
import { labSkipReason } from "./fleet_lab.ts";
import type { RunningCommand } from "./running_command.ts";

const skip = labSkipReason() ?? false;

describe("a laptop that dies", { skip }, () => {
  let deploys: DisturbedDeploys;

  before(async () => {
    deploys = await DisturbedDeploys.open();
  });

  after(async () => await deploys?.[Symbol.asyncDispose]());

  async function kill(command: RunningCommand): Promise<void> {
    command.signal("SIGKILL");
    assertEquals((await command.ended()).code, 137, "the command had ended before");
  }

  for (const [phase, begins] of Object.entries(deployPhases)) {
    it(`while ${phase} leaves a host that the next deploy brings to its end`, async () => {
      await using command = await deploys.begin();
      await begins(command);
      await kill(command);
      await deploys.assertSwitchedOrNot();
      await deploys.assertNextRunConverges();
    });
  }

  it("while packets go through the tunnel leaves what the next one sends again", async () => {
    await using command = await deploys.begin([]);
    await command.enters("verifying", "sending packets through the tunnel");
    await kill(command);
    const next = await deploys.run("deploy");
    assertEquals(next.code, 0, next.stderr);
    const verified = next.events.some((event) =>
      event.type === "host_state" && event.detail === "sending packets through the tunnel"
    );
    assert(verified, "nobody has confirmed the release");
    await deploys.fleet.assertWhole({ from: deploys.from });
  });

  it("in the middle of an upload has sent what it has sent", async () => {
    await deploys.fleet.sh("relay1", "rm -rf /opt/ztna/runtime/*");
    await using command = await deploys.begin();
    await command.told(
      (event) => event.type === "upload_progress" && event.bytes > 10_000_000,
      "10 MB of an upload",
    );
    await kill(command);
    const partial = await deploys.fleet.sh("relay1", "stat -c %s /opt/ztna/.upload/deno-*");
    const { code, stderr, events } = await deploys.run("deploy", ["--no-probe"]);
    assertEquals(code, 0, stderr);
    const first = events.find((event) => event.type === "upload_progress");
    assert(Number(partial) > 0);
    assert(first?.type === "upload_progress" && first.bytes > Number(partial), "it began anew");
    await deploys.fleet.assertWhole({ from: deploys.from });
  });

  it("while a restart is under way leaves what the next one completes", async () => {
    await using command = deploys.start("restart", ["--no-probe"]);
    await command.sends("restarting the relay");
    await kill(command);
    const { code, stderr } = await deploys.run("restart", ["--no-probe"]);
    assertEquals(code, 0, stderr);
    await deploys.fleet.assertWhole({ from: deploys.from });
  });

  for (const script of ["switching to", "restarting the relay"]) {
    it(`while a rollback is ${script} leaves what the next deploy brings to its end`, async () => {
      await using command = deploys.start("rollback", ["--no-probe"]);
      await command.sends(script);
      await kill(command);
      await deploys.assertSwitchedOrNot();
      await deploys.assertNextRunConverges();
    });
  }
});
