import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { after, before, beforeEach, describe, it } from "@std/testing/bdd";
import { Lab, labSkipReason } from "../../../tests/lab/lab.ts";
import type { LabHost } from "../../../tests/lab/lab.ts";
import { closeMasters } from "../connection/control_masters.ts";
import type { Connection } from "../connection/connection.ts";
import { openConnection } from "../connection/open_connection.ts";
import { HostError, UnreachableError } from "../errors.ts";
import { type AppliedPlan, applyPlan } from "./apply_plan.ts";
import type { ApplyEvent } from "./apply_progress.ts";
import { describeChange } from "./change.ts";
import { gatherFacts } from "./gather_facts.ts";
import { isConverged, type Plan, planChanges } from "./plan.ts";
import type { Handler, Play, Resource } from "./resource.ts";

const skip = labSkipReason() ?? false;

const ztna: Resource = { kind: "user", id: "user", name: "ztna", home: "/var/lib/ztna" };
const sample: Resource = { kind: "package", id: "package", name: "ztna-sample" };
const other: Resource = { kind: "package", id: "other package", name: "ztna-other" };
const firewall: Resource = { kind: "firewall", id: "firewall", transport: "udp", port: 4433 };
const service = (unit: string, more: object = {}): Resource => ({
  kind: "service",
  id: unit,
  unit,
  enabled: true,
  active: true,
  ...more,
});
const sysctl = (name: string, value: number, more: object = {}): Resource => ({
  kind: "sysctl",
  id: name,
  name,
  value,
  ...more,
});
const unitFile = (unit: string, contents: string): Resource => ({
  kind: "file",
  id: `unit ${unit}`,
  path: `/etc/systemd/system/${unit}`,
  contents,
  mode: 0o644,
  owner: "root",
  group: "root",
});
const sleeper = `[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
`;

describe("resources on a real host", { skip }, () => {
  let lab: Lab;
  let host: LabHost;
  let controlDirectory: string;
  let connection: Connection;

  before(async () => {
    lab = await Lab.open({ hosts: ["a", "b"] });
    host = lab.host("a");
    controlDirectory = await Deno.makeTempDir();
    connection = await connect();
  });

  after(async () => {
    await connection?.[Symbol.asyncDispose]();
    if (controlDirectory !== undefined) {
      await closeMasters(controlDirectory);
      await Deno.remove(controlDirectory, { recursive: true });
    }
    await lab?.[Symbol.asyncDispose]();
  });

  const connect = (): Promise<Connection> =>
    openConnection({
      host: "a",
      transport: "ssh",
      address: "a",
      port: undefined,
      user: undefined,
      privateKeyFile: undefined,
      sshArguments: ["-F", lab.sshConfigFile],
      become: undefined,
    }, {
      signal: AbortSignal.timeout(60_000),
      controlDirectory,
      keepAliveIntervalSeconds: 1,
    });

  const play = (resources: readonly Resource[], handlers: readonly Handler[] = []): Play => ({
    resources,
    handlers,
  });
  const planOf = async (play: Play): Promise<Plan> =>
    planChanges(play, await gatherFacts(connection, play));
  const run = async (...resources: readonly Resource[]): Promise<AppliedPlan> =>
    await applyPlan(connection, await planOf(play(resources)));
  /** Applies, and shows that a second run finds nothing to do. */
  const converge = async (...resources: readonly Resource[]): Promise<string[]> => {
    const { changed, failed } = await run(...resources);
    assertEquals(failed?.failure, undefined);
    const again = await planOf(play(resources));
    assertEquals(again.changes.map(describeChange), []);
    assert(isConverged(again));
    return changed.map(describeChange);
  };
  /** Runs a script as root on a host, and gives what it prints. */
  const on = async (host: LabHost, script: string): Promise<string> => {
    const { code, stdout, stderr } = await host.exec(`cd /; ${script}`);
    assertEquals(code, 0, stderr);
    return stdout.trim();
  };
  const failureOf = ({ failed }: AppliedPlan): string => failed?.failure.output ?? "nothing failed";

  describe("a user", () => {
    it("is a system account without a login, whose group has its name", async () => {
      await converge(ztna);
      const [name, , uid, , , home, shell] = (await on(host, "getent passwd ztna")).split(":");
      assertEquals([name, home, shell], ["ztna", "/var/lib/ztna", "/usr/sbin/nologin"]);
      assert(Number(uid) > 0 && Number(uid) < 1000);
      assertEquals(await on(host, "id -gn ztna"), "ztna");
      assertEquals(await on(host, "passwd -S ztna | cut -d' ' -f2"), "L");
      assertEquals(await on(host, "ls -d /var/lib/ztna 2> /dev/null || :"), "");
    });

    it("is finished when a run was cut off in the middle", async () => {
      await on(host, "groupadd --system cut");
      await converge({ kind: "user", id: "cut", name: "cut", home: "/nonexistent" });
      await on(host, "sed -i /^cut:/d /etc/group /etc/gshadow");
      const [change] = await converge({ kind: "user", id: "cut", name: "cut", home: "/elsewhere" });
      assertStringIncludes(change!, "update the system user cut: group");
      assertEquals(await on(host, "getent passwd cut | cut -d: -f6"), "/nonexistent");
    });

    it("loses its login also while programs of it run", async () => {
      await converge(ztna);
      await on(host, "usermod -s /bin/bash ztna");
      await on(host, "systemd-run -q --unit=busy -p User=ztna sleep infinity");
      await converge(ztna);
      await on(host, "systemctl stop busy");
      assertEquals(await on(host, "getent passwd ztna | cut -d: -f7"), "/usr/sbin/nologin");
    });
  });

  describe("a package", () => {
    before(async () => {
      // Hosts of a lab have no way out: a repository of their own.
      await on(
        host,
        `
        mkdir -p /srv/repository && cd /srv/repository
        for name in sample other; do
          mkdir -p "$name/DEBIAN"
          printf '%s\\n' "Package: ztna-$name" 'Version: 1' 'Architecture: all' \\
            'Maintainer: nobody' 'Description: for a test' > "$name/DEBIAN/control"
          printf '%s\\n' '#!/bin/sh' 'if [ -e /run/spoil ]; then exit 1; fi' > "$name/DEBIAN/postinst"
          chmod 755 "$name/DEBIAN/postinst"
          dpkg-deb --root-owner-group --build "$name" "$name.deb" > /dev/null
          dpkg-deb --field "$name.deb"
          printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$name.deb" \\
            "$(stat -c %s "$name.deb")" "$(sha256sum "$name.deb" | cut -d' ' -f1)"
        done > Packages
        echo 'deb [trusted=yes] file:/srv/repository ./' > /etc/apt/sources.list`,
      );
    });

    it("is installed once, with lists that are fetched when they are needed", async () => {
      assertEquals(await converge(sample), ["install the package ztna-sample"]);
      assertEquals(
        await on(host, "dpkg-query -W -f '${Status}' ztna-sample"),
        "install ok installed",
      );
    });

    it("is finished when it was left half-way", async () => {
      await on(host, "touch /run/spoil");
      assertStringIncludes(
        failureOf(await run(other)),
        "installed ztna-other package post-install",
      );
      await on(host, "rm /run/spoil");
      assertEquals(await converge(other), [
        "install the package ztna-other: package half-configured -> installed",
      ]);
    });

    it("waits for another that installs", async () => {
      await on(host, "dpkg --purge ztna-sample > /dev/null");
      const holder = `
import fcntl, time
lock = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/run/held", "w").close()
time.sleep(2)`;
      await on(
        host,
        `systemd-run -q --unit=holder python3 -c '${holder}'
        until [ -e /run/held ]; do sleep 0.05; done`,
      );
      await converge(sample);
    });

    it("that nobody has fails, and says so", async () => {
      const nobodys: Resource = { kind: "package", id: "nobody's", name: "ztna-nobodys" };
      assertStringIncludes(failureOf(await run(nobodys)), "Unable to locate package ztna-nobodys");
    });
  });

  describe("a kernel setting", () => {
    const forward = sysctl("net.ipv4.ip_forward", 1);
    const read = (): Promise<string> => on(host, "cat /proc/sys/net/ipv4/ip_forward");

    it("is set now and after the next boot", async () => {
      await on(host, "echo 0 > /proc/sys/net/ipv4/ip_forward");
      assertEquals(await converge(forward), ["set net.ipv4.ip_forward to 1: value 0 -> 1"]);
      assertEquals(await read(), "1");
      await host.stop();
      await host.start();
      await connection[Symbol.asyncDispose]();
      connection = await connect();
      assertEquals(await read(), "1");
      await converge(forward);
    });

    it("that is a minimum stays when it is higher", async () => {
      const minimum = sysctl("net.ipv4.ip_default_ttl", 60, { atLeast: true });
      assertEquals(await converge(minimum), ["set net.ipv4.ip_default_ttl to at least 60"]);
      assertEquals(
        await on(host, "cat /etc/sysctl.d/60-ztna-net.ipv4.ip_default_ttl.conf"),
        "net.ipv4.ip_default_ttl = 64",
      );
    });

    it("that is the machine's, not the container's, is a conflict or a warning", async () => {
      const refused = await planOf(play([sysctl("kernel.pid_max", 99_999)]));
      assertStringIncludes(refused.conflicts[0]!.text, "read-only there");
      const warned = await planOf(play([sysctl("kernel.pid_max", 99_999, { optional: true })]));
      assertStringIncludes(warned.warnings[0]!.text, "sysctl -w kernel.pid_max=99999");
      assert(isConverged(warned));
    });

    it("that the kernel does not take fails, and says so", async () => {
      const outcome = await run(sysctl("net.ipv4.ip_default_ttl", 9999));
      assertStringIncludes(failureOf(outcome), "The kernel refuses the value: 9999");
    });
  });

  describe("a service", () => {
    it("whose unit is new is enabled and started", async () => {
      assertEquals(
        await converge(unitFile("sleeper@.service", sleeper), service("sleeper@a.service")),
        [
          "create /etc/systemd/system/sleeper@.service (mode 0644, root:root)",
          "enable and start sleeper@a.service: active inactive -> active",
        ],
      );
      assertEquals(await on(host, "systemctl is-enabled sleeper@a"), "enabled");
      assertEquals(await on(host, "systemctl is-active sleeper@a"), "active");
    });

    it("whose unit has changed is started as the new unit says", async () => {
      const nice = sleeper.replace("[Service]", "[Service]\nNice=7");
      const stopped = { active: false };
      await converge(unitFile("s.service", sleeper), service("s.service", stopped));
      await converge(unitFile("s.service", nice), service("s.service"));
      assertEquals(await on(host, "ps -o ni= -p $(systemctl show -P MainPID s)"), "7");
    });

    it("whose unit was changed by a run that was cut off is reloaded", async () => {
      await converge(unitFile("c.service", sleeper), service("c.service"));
      await on(host, "echo '# changed' >> /etc/systemd/system/c.service");
      assertEquals(await converge(service("c.service")), [
        "reload c.service: unit file changed -> loaded",
      ]);
    });

    it("that fails to start shows the end of its journal, and is repaired by the next run", async () => {
      const broken =
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo no such key >&2; exit 3'\n";
      const outcome = await run(unitFile("broken.service", broken), service("broken.service"));
      assertStringIncludes(failureOf(outcome), "no such key");
      assertStringIncludes(failureOf(outcome), "status=3");
      await converge(unitFile("broken.service", sleeper), service("broken.service"));
    });

    it("that has used up its starts is started nevertheless", async () => {
      const limited = `[Unit]\nStartLimitIntervalSec=1000\nStartLimitBurst=2\n${sleeper}`;
      await converge(unitFile("limited.service", limited), service("limited.service"));
      await on(host, "systemctl restart limited");
      const { code } = await host.exec("systemctl restart limited");
      assertEquals(code, 1);
      await converge(service("limited.service"));
    });

    it("is stopped and disabled", async () => {
      await converge(unitFile("stop.service", sleeper), service("stop.service"));
      await converge(service("stop.service", { enabled: false, active: false }));
      const { stdout } = await host.exec("systemctl is-active stop; systemctl is-enabled stop");
      assertEquals(stdout, "inactive\ndisabled\n");
    });

    it("without anything to enable is only started", async () => {
      await converge(
        unitFile("static.service", sleeper.replace(/\[Install\][^]*/, "")),
        service("static.service"),
      );
    });

    it("that is masked is left alone", async () => {
      await on(host, "systemctl mask masked.service 2> /dev/null");
      await assertRejects(() => run(service("masked.service")), HostError, "systemctl unmask");
      await converge(service("masked.service", { enabled: false, active: false }));
    });

    it("that does not exist fails, and says so", async () => {
      assertStringIncludes(failureOf(await run(service("nobodys.service"))), "does not exist");
    });
  });

  describe("a port", () => {
    const ruleset = (policy: string): string =>
      `flush ruleset
table inet filter {
  chain input {
    type filter hook input priority filter; policy ${policy};
    ct state established,related accept
    iif lo accept
    tcp dport 22 accept
  }
}
`;
    const load = async (policy: string): Promise<void> => {
      await on(host, `printf '%s' '${ruleset(policy)}' > /etc/nftables.conf`);
      await on(host, "systemctl enable -q nftables 2> /dev/null && systemctl restart nftables");
    };
    const count = async (): Promise<number> => {
      const rules = await on(host, "nft list chain inet filter input");
      return Number(/dport 4433 counter packets (\d+)/.exec(rules)?.[1] ?? -1);
    };
    const knock = (): Promise<string> =>
      on(lab.host("b"), `bash -c 'echo knock > /dev/udp/${host.address}/4433'`);

    beforeEach(() => load("drop"));

    it("is left alone where nothing drops packets", async () => {
      await load("accept");
      assertEquals(await converge(firewall), []);
      assertEquals(await count(), -1);
    });

    it("is opened where packets are dropped", async () => {
      assertEquals(await converge(firewall), ["open udp port 4433 in the host's firewall"]);
      await knock();
      assertEquals(await count(), 1);
    });

    it("stays open when the rules are loaded again", async () => {
      await converge(firewall);
      // systemd passes these on, without whoever asks waiting for that.
      for (const action of ["reload", "restart"]) {
        await on(host, `systemctl ${action} nftables`);
        await on(host, "until nft list ruleset | grep -q 'ztna udp 4433'; do sleep 0.05; done");
      }
      await on(host, "nft -f /etc/nftables.conf");
      assertEquals(await count(), -1);
      const [change] = await converge(firewall);
      assertStringIncludes(change!, "open udp port 4433");
      assertEquals(await count(), 0);
    });

    it("is opened in chains that iptables has made", async () => {
      await load("accept");
      await on(host, "iptables -P INPUT DROP && iptables -A INPUT -p tcp --dport 22 -j ACCEPT");
      await converge(firewall);
      assertStringIncludes(await on(host, "iptables -S INPUT"), "-p udp -m udp --dport 4433");
      await on(host, "iptables -P INPUT ACCEPT && iptables -F INPUT");
    });

    it("is open after the next boot", async () => {
      await converge(firewall);
      await host.stop();
      await host.start();
      await connection[Symbol.asyncDispose]();
      connection = await connect();
      await on(host, "systemctl is-system-running --wait > /dev/null || :");
      assertEquals(await count(), 0);
      await converge(firewall);
    });
  });

  describe("a run", () => {
    const files = (contents: string): Resource[] =>
      Array.from({ length: 12 }, (_, index): Resource => ({
        kind: "file",
        id: `file ${index}`,
        path: `/etc/run-${index}`,
        contents: `${contents} ${index}\n`.repeat(2000),
        mode: 0o644,
        owner: "root",
        group: "root",
      }));

    it("that ends with the host's power leaves every file whole, and the next run converges", async () => {
      await converge(...files("old"));
      const plan = await planOf(play(files("new")));
      let crash: Promise<void> | undefined;
      const onEvent = ({ type }: ApplyEvent): void => {
        if (type === "change_done") crash ??= host.crash();
      };
      await assertRejects(() => applyPlan(connection, plan, { onEvent }), UnreachableError);
      await crash;
      await host.start();
      await connection[Symbol.asyncDispose]();
      connection = await connect();
      const seen = await on(
        host,
        "for i in 0 1 2 3 4 5 6 7 8 9 10 11; do uniq -c /etc/run-$i; done",
      );
      assertEquals(
        seen.split("\n").map((line) => line.trim().replace(/old|new/, "")),
        Array.from({ length: 12 }, (_, index) => `2000  ${index}`),
      );
      assertStringIncludes(seen, "new 0");
      await converge(...files("new"));
      assertEquals(await on(host, "ls -d /etc/.ztna-new.* 2> /dev/null || :"), "");
    });

    it("on a full disk changes nothing that it can't finish, and the next run converges", async () => {
      await converge(...files("old"));
      await host.fillDisk();
      const outcome = await run(...files("new"));
      await host.freeDisk();
      assertStringIncludes(failureOf(outcome), "No space left on device");
      assertEquals(
        await on(host, "cat /etc/run-* | cut -d' ' -f1 | sort | uniq -c | sort -n"),
        "24000 old",
      );
      await converge(...files("new"));
    });
  });
});
