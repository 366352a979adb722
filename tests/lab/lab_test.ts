import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { pause } from "../support/wait.ts";
import { Lab, type LabHost, labSkipReason } from "./lab.ts";
import { LabError } from "./lab_error.ts";
import { routerOf } from "./network.ts";
import { type Finished, runProgram } from "./program.ts";
import { labStatus, statusText } from "./status.ts";
import { waitUntil } from "./wait_until.ts";

const skip = labSkipReason() ?? false;

describe("a lab of two hosts", { skip }, () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.open({ hosts: ["relay1", "relay2"] });
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** Runs `ssh` as a user of the lab does. */
  function ssh(...args: readonly string[]): Promise<Finished> {
    return runProgram(["ssh", "-F", lab.sshConfigFile, "-o", "BatchMode=yes", ...args]);
  }

  /** Whether the host's SSH server is heard of within a second. */
  async function answers(host: LabHost): Promise<boolean> {
    const { stdout } = await runProgram(
      routerOf(lab.paths).enter("nc.openbsd", "-w", "1", host.address, "22"),
      { stdin: "" },
    );
    return stdout.startsWith("SSH-2.0");
  }

  it("is reached by key, as root, deploy and operator", async () => {
    assertEquals(await ssh("relay1", "id -un; hostname"), {
      code: 0,
      stdout: "root\nrelay1\n",
      stderr: "",
    });
    const deploy = await ssh("deploy@relay2", "id -un; sudo -n id -un; hostname");
    assertEquals(deploy.stdout, "deploy\nroot\nrelay2\n");
    const operator = await ssh("operator@relay1", "sudo -n id -un");
    assertMatch(operator.stderr, /a password is required/);
    const withPassword = await ssh("operator@relay1", "echo lab-password | sudo -S -p '' id -un");
    assertEquals(withPassword.stdout, "root\n");
  });

  it("has host keys that ssh checks", async () => {
    const unknown = await ssh("-o", "UserKnownHostsFile=/dev/null", "relay1", "true");
    assertEquals(unknown.code, 255);
    assertMatch(unknown.stderr, /No ED25519 host key is known for relay1/);
    const other = await ssh("-o", "HostKeyAlias=relay2", "relay1", "true");
    assertEquals(other.code, 255);
    assertMatch(other.stderr, /REMOTE HOST IDENTIFICATION HAS CHANGED/);
  });

  it("runs systemd, to which a host is a machine of its own", async () => {
    const { stdout } = await lab.host("relay1").exec(
      "systemctl is-system-running --wait; cat /proc/1/comm; systemctl --failed --no-legend",
    );
    assertEquals(stdout, "running\nsystemd\n");
  });

  it("reboots a host, of which nothing is left but its disk", async () => {
    const host = lab.host("relay2");
    const bootId = "cat /proc/sys/kernel/random/boot_id";
    await host.exec("echo kept >/root/note; sync; touch /run/gone; nft add table inet gone");
    const before = (await host.exec(bootId)).stdout;
    await host.reboot();
    const { stdout } = await ssh("relay2", `cat /root/note; ls /run/gone; nft list tables`);
    assertEquals(stdout, "kept\n");
    assert((await host.exec(bootId)).stdout !== before);
    const [uptime = NaN] = (await host.exec("cat /proc/uptime")).stdout.split(" ").map(Number);
    assert(uptime < 30, `the host is up for ${uptime} s`);
  });

  it("cuts a host off and connects it again, which open connections survive", async () => {
    const host = lab.host("relay1");
    const session = ssh("relay1", "echo started >/run/session; read line </run/fifo; echo $line");
    await host.exec("mkfifo /run/fifo");
    await waitUntil(async () => (await host.exec("test -e /run/session")).code === 0, 10_000);
    await host.cut();
    assertEquals(await answers(host), false);
    assertEquals((await host.exec("echo late >/run/fifo")).code, 0);
    await host.mend();
    assertEquals((await session).stdout, "late\n");
  });

  it("freezes a host in the middle of what it does, and thaws it", async () => {
    const host = lab.host("relay1");
    const counter = "while :; do echo >>/run/count; sleep 0.01; done";
    await host.exec(`systemd-run --quiet --unit=counter sh -c '${counter}'`);
    const count = async (): Promise<number> =>
      Number((await host.exec("wc -l </run/count")).stdout);
    await waitUntil(async () => await count() > 5, 10_000);
    await host.freeze();
    const frozen = await count();
    assertEquals(await answers(host), false);
    assertEquals(await count(), frozen);
    await host.thaw();
    assert(await waitUntil(async () => await count() > frozen, 10_000));
    await host.exec("systemctl stop counter");
    assertEquals(await answers(host), true);
  });

  it("cuts the power: the network falls silent, and what was not synced is lost", async () => {
    const host = lab.host("relay1");
    await host.exec("echo synced >/root/a; sync; echo unsynced >/root/b; mv /root/b /root/a");
    const session = new Deno.Command("ssh", {
      args: ["-F", lab.sshConfigFile, "relay1", "echo started; sleep 100"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = session.stdout.getReader();
    await reader.read();
    await host.crash();
    await assertRejects(() => host.exec("true"), LabError, "as it is off");
    const heard = await Promise.race([reader.read(), pause(300)]);
    assertEquals(heard, undefined, "ssh was told of the host's end");
    await host.start();
    assertEquals((await ssh("relay1", "cat /root/a")).stdout, "synced\n");
    session.kill("SIGKILL");
    await Promise.all([session.status, reader.cancel()]);
  });

  it("shuts a host down, and boots it", async () => {
    const host = lab.host("relay2");
    await host.stop();
    assertEquals(host.power.isOn, false);
    assertEquals(await answers(host), false);
    await host.start();
    assertEquals(await answers(host), true);
  });

  it("shapes a link: packets take longer, and some are lost", async () => {
    const host = lab.host("relay1");
    const ping = async (count: number): Promise<{ averageMs: number; lossPercent: number }> => {
      const command = `ping -q -c ${count} -i 0.005 -W 1 ${host.address}`;
      const { stdout } = await lab.host("relay2").exec(command);
      return {
        averageMs: Number(/= [\d.]+\/([\d.]+)\//.exec(stdout)?.[1]),
        lossPercent: Number(/([\d.]+)% packet loss/.exec(stdout)?.[1]),
      };
    };
    assert((await ping(5)).averageMs < 20);
    await host.shape({ delayMs: 20, jitterMs: 5 });
    const slow = await ping(20);
    assertGreater(slow.averageMs, 35);
    assertEquals(slow.lossPercent, 0);
    assertEquals((await ssh("relay1", "true")).code, 0);
    await host.shape({ delayMs: 1, lossPercent: 30 });
    const lossy = await ping(100);
    // Both directions lose 30 percent, together 51.
    assert(lossy.lossPercent > 20 && lossy.lossPercent < 80, `${lossy.lossPercent} %`);
    await host.clearShape();
    const clear = await ping(20);
    assert(clear.averageMs < 20);
    assertEquals(clear.lossPercent, 0);
  });

  it("leads datagrams of this machine to a host, and replies to whom they are for", async () => {
    const { hostname, port } = lab.gateway("relay1");
    const echo = "import socket\\ns = socket.socket(type=socket.SOCK_DGRAM)\\n" +
      's.bind(("", 4433))\\nwhile 1:\\n  d, a = s.recvfrom(2000)\\n  s.sendto(d, a)\\n';
    await lab.host("relay1").exec(
      `printf '${echo}' >/root/echo.py; systemd-run -q --unit=echo python3 /root/echo.py`,
    );
    const ask = async (text: string): Promise<string> => {
      const client = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
      const send = (): void =>
        void client.send(new TextEncoder().encode(text), { transport: "udp", hostname, port });
      const timer = setInterval(send, 20); // until the echo listens, what is sent is lost
      try {
        return new TextDecoder().decode((await client.receive())[0]);
      } finally {
        clearInterval(timer);
        client.close();
      }
    };
    assertEquals(await Promise.all([ask("one"), ask("two")]), ["one", "two"]);
    await lab.host("relay1").exec("systemctl stop echo");
  });

  it("fills a host's disk, and frees it", async () => {
    const host = lab.host("relay1");
    const write = "dd if=/dev/zero of=/opt/file bs=1M count=2 conv=fsync";
    await host.fillDisk();
    assertMatch((await host.exec(write)).stderr, /No space left on device/);
    await host.freeDisk();
    assertEquals((await host.exec(write)).code, 0);
    await host.exec("rm /opt/file");
    await host.fillDisk(1024 * 1024);
    assertMatch((await host.exec(write)).stderr, /No space left on device/);
    await host.freeDisk();
  });

  it("gives a host a fresh disk and another key", async () => {
    const host = lab.host("relay2");
    await host.exec("touch /root/old; sync");
    const before = await Deno.readTextFile(lab.paths.knownHosts);
    await host.reset();
    assertEquals((await ssh("relay2", "ls /root")).stdout, "");
    const [first, second] = (await Deno.readTextFile(lab.paths.knownHosts)).split("\n");
    assertEquals(before.split("\n")[0], first);
    assert(before.split("\n")[1] !== second);
  });

  it("shows the state of its hosts", async () => {
    await lab.host("relay1").shape({ delayMs: 2, lossPercent: 0.5 });
    await lab.host("relay1").freeze();
    await lab.host("relay2").cut();
    const status = await labStatus(lab.paths);
    await lab.host("relay1").thaw();
    await lab.host("relay1").clearShape();
    await lab.host("relay2").mend();
    assertEquals(status.map(({ name, state, link }) => [name, state, link]), [
      ["relay1", "frozen", "up delay=2 jitter=0 loss=0.5"],
      ["relay2", "running", "cut"],
    ]);
    assertMatch(
      statusText(lab.paths, status),
      /^relay1 +10\.88\.\d+\.11 +frozen +127\.0\.0\.1:\d+ +up delay=2 jitter=0 loss=0\.5$/m,
    );
  });

  it("says which hosts it has", () => {
    assertThrows(() => lab.host("relay3"), LabError, "it has relay1, relay2");
  });
});
