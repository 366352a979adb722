import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { deployPhases, DisturbedDeploys } from "./disturbed_deploys.ts";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import type { RollingJson } from "../../ops/fleet/rolling_json.ts";
import { type FleetLab, labSkipReason } from "./fleet_lab.ts";
import type { CommandEnd, RunningCommand } from "./running_command.ts";

const skip = labSkipReason() ?? false;

describe("a host", { skip }, () => {
  let deploys: DisturbedDeploys;
  let fleet: FleetLab;

  before(async () => {
    deploys = await DisturbedDeploys.open();
    fleet = deploys.fleet;
    // Its silence is noticed in 3 s, not in 30.
    fleet.variables = {
      ansible_ssh_common_args: `-F ${fleet.lab.sshConfigFile} -o ServerAliveInterval=1`,
    };
  });

  after(async () => await deploys?.[Symbol.asyncDispose]());

  /** Begins to deploy, with a runtime of 42 MB to upload. */
  async function beginWithRuntime(): Promise<RunningCommand> {
    await fleet.sh("relay1", "rm -rf /opt/ztna/runtime/*; sync");
    return await deploys.begin();
  }

  async function uploads(command: RunningCommand, bytes: number): Promise<void> {
    await command.told(
      (event) => event.type === "upload_progress" && event.bytes > bytes,
      `${bytes} bytes of an upload`,
    );
  }

  function errorOf({ stdout }: CommandEnd): string {
    return (JSON.parse(stdout) as DeployJson | RollingJson).hosts.relay1!.error!;
  }

  describe("that dies", () => {
    /** Cuts the power, waits for the command to notice, and switches the host on again. */
    async function crash(command: RunningCommand): Promise<void> {
      await fleet.host("relay1").crash();
      const end = await command.ended();
      assertEquals(end.code, 4, end.stderr);
      assertMatch(errorOf(end), /"relay1" must stay connected: the connection is lost/);
      await fleet.host("relay1").start();
    }

    it("during an upload is brought to the release by the next run", async () => {
      await using command = await beginWithRuntime();
      await uploads(command, 10_000_000);
      await crash(command);
      await deploys.assertNextRunConverges();
    });

    for (const phase of ["applying", "waiting for readiness"]) {
      it(`while ${phase} has one of the releases, whole, and the next run converges`, async () => {
        await using command = await deploys.begin();
        await deployPhases[phase]!(command);
        await crash(command);
        await deploys.assertSwitchedOrNot();
        await deploys.assertNextRunConverges();
      });
    }

    it("during a restart is restarted by the next one", async () => {
      await using command = deploys.start("restart", ["--no-probe"]);
      await command.sends("restarting the relay");
      await crash(command);
      const next = await deploys.run("restart", ["--no-probe"]);
      assertEquals(next.code, 0, next.stderr);
      await deploys.assertNextRunConverges();
    });
  });

  describe("whose disk is full", () => {
    it("is refused before anything on it is touched", async () => {
      await using first = await beginWithRuntime();
      first.signal("SIGKILL");
      await first.ended();
      const before = await fleet.sh("relay1", "ls -R /opt/ztna | sha256sum");
      await fleet.host("relay1").fillDisk(50_000_000);
      try {
        const end = await deploys.run("deploy");
        assertEquals(end.code, 1);
        assertMatch(errorOf(end), /Cannot .* must have \d+ bytes free: current value is \d+/);
        assertEquals(await fleet.sh("relay1", "ls -R /opt/ztna | sha256sum"), before);
      } finally {
        await fleet.host("relay1").freeDisk();
      }
      await deploys.assertNextRunConverges();
    });

    it("when the upload is half there gets its space back, and the next run converges", async () => {
      await using command = await beginWithRuntime();
      await uploads(command, 5_000_000);
      await fleet.host("relay1").fillDisk();
      const end = await command.ended();
      const left = await fleet.sh("relay1", "ls -A /opt/ztna/.upload 2>/dev/null || :");
      await fleet.host("relay1").freeDisk();
      assertEquals(end.code, 1, end.stderr);
      assertMatch(errorOf(end), /must have \d+ bytes free: current value is \d+ bytes free/);
      assertEquals(left, "");
      await deploys.assertNextRunConverges();
    });
  });

  describe("to which a release comes damaged", () => {
    /** Overwrites some bytes of what is uploaded, as soon as there are any. */
    async function damage(times: "once" | "always"): Promise<void> {
      const overwrite = `[ ! -s "$f" ] || { printf damage | dd of="$f" bs=1 seek=9 conv=notrunc; }`;
      const loop = times === "once"
        ? `until [ -s "$f" ]; do :; done; ${overwrite}`
        : `while :; do ${overwrite}; done`;
      const script = fleet.write(
        "damage.sh",
        `f=/opt/ztna/.upload/${deploys.wanted}\nexec 2>/dev/null\n${loop}\n`,
      );
      const text = Deno.readTextFileSync(script);
      await fleet.sh(
        "relay1",
        `cat >/run/damage.sh <<'end'\n${text}end\nsystemd-run --quiet --unit=damage sh /run/damage.sh`,
      );
    }
    const stopDamage = (): Promise<string> =>
      fleet.sh("relay1", "systemctl stop damage 2>/dev/null || :; systemctl reset-failed");

    /** Takes the release that is wanted away from the host. */
    async function forgetRelease(): Promise<void> {
      await using command = await deploys.begin();
      command.signal("SIGKILL");
      await command.ended();
    }

    it("gets it again", async () => {
      await forgetRelease();
      await damage("once");
      const { code, stderr, events } = await deploys.run("deploy", ["--no-probe"]);
      await stopDamage();
      assertEquals(code, 0, stderr);
      const sent = events.filter((event) =>
        event.type === "script_started" && event.what.startsWith("upload release")
      );
      assertEquals(sent.length, 2);
      await deploys.assertNextRunConverges();
    });

    it("every time keeps what it has, and is told apart from a bad network", async () => {
      await forgetRelease();
      await damage("always");
      const end = await deploys.run("deploy", ["--no-probe"]);
      await stopDamage();
      assertEquals(end.code, 1);
      assertStringIncludes(errorOf(end), "must arrive as it was sent, with SHA-256");
      await deploys.assertSwitchedOrNot();
      await deploys.assertNextRunConverges();
    });

    it("after the laptop has died in its upload gets all of it anew", async () => {
      await using command = await beginWithRuntime();
      await uploads(command, 10_000_000);
      command.signal("SIGKILL");
      await command.ended();
      await fleet.sh(
        "relay1",
        `until flock -n /run/ztna.lock true; do sleep 0.05; done
        printf damage | dd of="$(echo /opt/ztna/.upload/deno-*)" bs=1 seek=999 conv=notrunc`,
      );
      const next = await deploys.run("deploy", ["--no-probe"]);
      assertEquals(next.code, 0, next.stderr);
      const first = next.events.find((event) => event.type === "upload_progress");
      assert(first?.type === "upload_progress" && first.bytes < 1_000_000, "the damage was kept");
      await deploys.assertNextRunConverges();
    });
  });
});
