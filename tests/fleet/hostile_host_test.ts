import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { checkout } from "../../ops/checkout.ts";
import { shellCommand } from "../../ops/engine/connection/quote.ts";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import { runProgram } from "../lab/program.ts";
import { type CommandName, FleetLab, labSkipReason } from "./fleet_lab.ts";
import { assertHarmless, endlessAdminServer, escapes, noise } from "./hostile_output.ts";
import type { CommandEnd } from "./running_command.ts";

const skip = labSkipReason() ?? false;

describe("a hostile host", { skip }, () => {
  let fleet: FleetLab;
  let connections = 0;

  before(async () => {
    fleet = await FleetLab.open("relay1");
    await fleet.deploy(["--no-probe"]);
  });

  after(async () => await fleet?.[Symbol.asyncDispose]());

  /** Runs a command over a connection that nobody had before. */
  async function run(name: CommandName, args: readonly string[] = []): Promise<CommandEnd> {
    const common = `-F ${fleet.lab.sshConfigFile} -o ServerAliveInterval=${9 + ++connections}`;
    const inventory = fleet.inventory({ ansible_ssh_common_args: common });
    return await fleet.run(name, args, { inventory });
  }

  /** Puts a program in front of another one on the host until it is disposed of. */
  async function replace(program: string, script: string): Promise<AsyncDisposable> {
    const path = `/usr/local/sbin/${program}`;
    await fleet.sh(
      "relay1",
      `cat >${path} <<'end'\n#!/bin/sh\n${script}\nexec /usr/bin/${program} "$@"\nend\nchmod 755 ${path}`,
    );
    return { [Symbol.asyncDispose]: async () => void await fleet.sh("relay1", `rm ${path}`) };
  }

  it("whose shell makes noise at every login is worked on as any other", async () => {
    await fleet.sh(
      "relay1",
      `cat >/home/deploy/.bashrc <<'end'\n${noise}\n${noise} >&2\nend
      printf '${escapes}' >/etc/banner
      echo 'Banner /etc/banner' >/etc/ssh/sshd_config.d/banner.conf; systemctl reload ssh`,
    );
    try {
      const end = await run("deploy", ["--json", "-vv", "--no-probe"]);
      assertEquals(end.code, 0, end.stderr.slice(-2000));
      assertEquals((JSON.parse(end.stdout) as DeployJson).changed, 0);
      assertHarmless(end);
    } finally {
      await fleet.sh(
        "relay1",
        "rm /home/deploy/.bashrc /etc/ssh/sshd_config.d/banner.conf; systemctl reload ssh",
      );
    }
    await fleet.assertWhole();
  });

  it("whose shell never comes to an end is given up, with what it says", async () => {
    await fleet.sh(
      "relay1",
      `cat >/home/deploy/.bashrc <<'end'\n${noise}\nsleep 1000\nend`,
    );
    try {
      const end = await run("deploy", ["--json", "-vv", "--connect-timeout", "3"]);
      assertEquals(end.code, 4, end.stderr.slice(-2000));
      const { error } = (JSON.parse(end.stdout) as DeployJson).hosts.relay1!;
      assertStringIncludes(error!, "check what the user's shell runs at login");
      assertHarmless(end);
    } finally {
      await fleet.sh("relay1", "rm /home/deploy/.bashrc; pkill -x sleep");
    }
    await fleet.assertWhole();
  });

  it("whose systemctl drowns its answers in noise is left alone", async () => {
    {
      await using _noisy = await replace("systemctl", `${noise}\n${noise} >&2`);
      for (const command of ["deploy", "restart", "status"] as const) {
        const end = await run(command, command === "status" ? [] : ["-v", "--no-probe"]);
        assertEquals(end.code, 1);
        if (command !== "status") assertStringIncludes(end.stderr, "Cannot read the facts of host");
        assertHarmless(end);
      }
    }
    await fleet.assertWhole();
  });

  it("whose uname is not to be understood is refused", async () => {
    await using _noisy = await replace("uname", `printf '${escapes}'; exit`);
    const end = await run("deploy", ["--json", "-vv"]);
    assertEquals(end.code, 1);
    assertMatch((JSON.parse(end.stdout) as DeployJson).hosts.relay1!.error!, /^Cannot /);
    assertHarmless(end);
  });

  it("whose program answers what it likes is not believed to be ready", async () => {
    const server = endlessAdminServer(9090);
    await fleet.sh(
      "relay1",
      `systemctl stop ztna-relay@a
      cat >/run/evil.py <<'end'\n${server}end
      systemd-run --quiet --unit=evil python3 /run/evil.py`,
    );
    try {
      const status = await run("status");
      assertEquals(status.code, 1, status.stdout);
      assertHarmless(status);
      const end = await run("deploy", ["--json", "-vv", "--no-probe"]);
      assertEquals(end.code, 1);
      const { error } = (JSON.parse(end.stdout) as DeployJson).hosts.relay1!;
      assertMatch(error!, /TCP port 9090 must be free: "python3" \(process \d+\) has it/);
      assertHarmless(end);
    } finally {
      await fleet.sh("relay1", "systemctl stop evil");
    }
    await fleet.deploy(["--no-probe"]);
    await fleet.assertWhole();
  });

  it("cannot make exec print what it likes, and no more than a megabyte", async () => {
    const script = `${noise}; ${noise} >&2`;
    const end = await run("exec", ["--", script]);
    assertEquals(end.code, 0, end.stderr);
    assertStringIncludes(end.stdout, "the rest is left out");
    assertHarmless(end);
    const json = await run("exec", ["--json", "--", script]);
    assertHarmless({ ...json, stdout: "" });
    const { stdout } = JSON.parse(json.stdout).hosts.relay1;
    assertEquals(stdout.length <= 1_048_576, true);
    const stream = await run("exec", ["--stream", "--", `${noise} | head -c 1000000`]);
    assertHarmless(stream);
  });

  it("cannot do that to a terminal either, on which a run is shown live", async () => {
    const commands = [
      ["exec", "--stream", "--", `printf '${escapes}a\\n'; printf '${escapes}b\\n' >&2; sleep 1`],
      ["exec", "--", `printf '${escapes}a\\n'`],
    ];
    for (const [name, ...args] of commands) {
      const words = [
        ...[Deno.execPath(), "run", "--quiet", "-A", `${checkout}/ops/${name}.ts`],
        ...["-vv", "-i", fleet.inventory(), ...args],
      ];
      const { code, stdout } = await runProgram(
        ["script", "--quiet", "--return", "--command", shellCommand(words), "/dev/null"],
        { environment: { ...Deno.env.toObject(), ...fleet.environment, TERM: "xterm" } },
      );
      assertEquals(code, 0, stdout);
      assertStringIncludes(stdout, "\\u001b]0;owned\\u0007");
      for (const sequence of ["\x1b]0;", "\x07", "\x1b[6n", "\x1b[2J", "\x9b"]) {
        assertEquals(stdout.includes(sequence), false, JSON.stringify(sequence));
      }
    }
  });

  it("cannot make logs print what it likes", async () => {
    await fleet.sh(
      "relay1",
      `systemd-run --quiet --wait --unit=ztna-evil@x.service printf '${escapes}%b\\n' '${escapes}'`,
    );
    const end = await run("logs", ["--lines", "100"]);
    assertEquals(end.code, 0, end.stderr);
    assertStringIncludes(end.stdout, "owned");
    assertHarmless(end);
  });
});
