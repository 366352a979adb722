import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { labSkipReason } from "../../../tests/lab/lab.ts";
import { HostError } from "../errors.ts";
import { LabTarget } from "../../../tests/support/lab_target.ts";
import { isConverged } from "./plan.ts";
import type { Resource } from "./resource.ts";

const skip = labSkipReason() ?? false;

const ztna: Resource = { kind: "user", id: "user", name: "ztna", home: "/var/lib/ztna" };
const sample: Resource = { kind: "package", id: "package", name: "ztna-sample" };
const other: Resource = { kind: "package", id: "other package", name: "ztna-other" };
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
  let target: LabTarget;
  before(async () => {
    target = await LabTarget.open("a");
  });
  after(async () => await target?.[Symbol.asyncDispose]());

  describe("a user", () => {
    it("is a system account without a login, whose group has its name", async () => {
      await target.converge(ztna);
      const [name, , uid, , , home, shell] = (await target.sh("getent passwd ztna")).split(":");
      assertEquals([name, home, shell], ["ztna", "/var/lib/ztna", "/usr/sbin/nologin"]);
      assert(Number(uid) > 0 && Number(uid) < 1000);
      assertEquals(await target.sh("id -gn ztna"), "ztna");
      assertEquals(await target.sh("passwd -S ztna | cut -d' ' -f2"), "L");
      assertEquals(await target.sh("ls -d /var/lib/ztna 2> /dev/null || :"), "");
    });

    it("is finished when a run was cut off in the middle", async () => {
      await target.sh("groupadd --system cut");
      await target.converge({ kind: "user", id: "cut", name: "cut", home: "/nonexistent" });
      await target.sh("sed -i /^cut:/d /etc/group /etc/gshadow");
      const [change] = await target.converge({
        kind: "user",
        id: "cut",
        name: "cut",
        home: "/elsewhere",
      });
      assertStringIncludes(change!, "update the system user cut: group");
      assertEquals(await target.sh("getent passwd cut | cut -d: -f6"), "/nonexistent");
    });

    it("loses its login also while programs of it run", async () => {
      await target.converge(ztna);
      await target.sh("usermod -s /bin/bash ztna");
      await target.sh("systemd-run -q --unit=busy -p User=ztna sleep infinity");
      await target.converge(ztna);
      await target.sh("systemctl stop busy");
      assertEquals(await target.sh("getent passwd ztna | cut -d: -f7"), "/usr/sbin/nologin");
    });
  });

  describe("a package", () => {
    before(async () => {
      // Hosts of a lab have no way out: a repository of their own.
      await target.sh(`
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
        echo 'deb [trusted=yes] file:/srv/repository ./' > /etc/apt/sources.list`);
    });

    it("is installed once, with lists that are fetched when they are needed", async () => {
      assertEquals(await target.converge(sample), ["install the package ztna-sample"]);
      assertEquals(
        await target.sh("dpkg-query -W -f '${Status}' ztna-sample"),
        "install ok installed",
      );
    });

    it("is finished when it was left half-way", async () => {
      await target.sh("touch /run/spoil");
      assertStringIncludes(
        await target.failure(other),
        "installed ztna-other package post-install",
      );
      await target.sh("rm /run/spoil");
      assertEquals(await target.converge(other), [
        "install the package ztna-other: package half-configured -> installed",
      ]);
    });

    it("waits for another that installs", async () => {
      await target.sh("dpkg --purge ztna-sample > /dev/null");
      const holder = `
import fcntl, time
lock = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/run/held", "w").close()
time.sleep(2)`;
      await target.sh(`systemd-run -q --unit=holder python3 -c '${holder}'
        until [ -e /run/held ]; do sleep 0.05; done`);
      await target.converge(sample);
    });

    it("that nobody has fails, and says so", async () => {
      const nobodys: Resource = { kind: "package", id: "nobody's", name: "ztna-nobodys" };
      assertStringIncludes(await target.failure(nobodys), "Unable to locate package ztna-nobodys");
    });
  });

  describe("a kernel setting", () => {
    const forward = sysctl("net.ipv4.ip_forward", 1);
    const read = (): Promise<string> => target.sh("cat /proc/sys/net/ipv4/ip_forward");

    it("is set now and after the next boot", async () => {
      await target.sh("echo 0 > /proc/sys/net/ipv4/ip_forward");
      assertEquals(await target.converge(forward), ["set net.ipv4.ip_forward to 1: value 0 -> 1"]);
      assertEquals(await read(), "1");
      await target.reboot();
      assertEquals(await read(), "1");
      await target.converge(forward);
    });

    it("that is a minimum stays when it is higher", async () => {
      const minimum = sysctl("net.ipv4.ip_default_ttl", 60, { atLeast: true });
      assertEquals(await target.converge(minimum), ["set net.ipv4.ip_default_ttl to at least 60"]);
      assertEquals(
        await target.sh("cat /etc/sysctl.d/60-ztna-net.ipv4.ip_default_ttl.conf"),
        "net.ipv4.ip_default_ttl = 64",
      );
    });

    it("that is the machine's, not the container's, is a conflict or a warning", async () => {
      const refused = await target.plan(sysctl("kernel.pid_max", 99_999));
      assertStringIncludes(refused.conflicts[0]!.text, "read-only there");
      const warned = await target.plan(sysctl("kernel.pid_max", 99_999, { optional: true }));
      assertStringIncludes(warned.warnings[0]!.text, "sysctl -w kernel.pid_max=99999");
      assert(isConverged(warned));
    });

    it("that the kernel does not take fails, and says so", async () => {
      const failure = await target.failure(sysctl("net.ipv4.ip_default_ttl", 9999));
      assertStringIncludes(failure, "The kernel refuses the value: 9999");
    });
  });

  describe("a service", () => {
    it("whose unit is new is enabled and started", async () => {
      assertEquals(
        await target.converge(unitFile("sleeper@.service", sleeper), service("sleeper@a.service")),
        [
          "create /etc/systemd/system/sleeper@.service (mode 0644, root:root)",
          "enable and start sleeper@a.service: active inactive -> active",
        ],
      );
      assertEquals(await target.sh("systemctl is-enabled sleeper@a"), "enabled");
      assertEquals(await target.sh("systemctl is-active sleeper@a"), "active");
    });

    it("whose unit has changed is started as the new unit says", async () => {
      const nice = sleeper.replace("[Service]", "[Service]\nNice=7");
      const stopped = { active: false };
      await target.converge(unitFile("s.service", sleeper), service("s.service", stopped));
      await target.converge(unitFile("s.service", nice), service("s.service"));
      assertEquals(await target.sh("ps -o ni= -p $(systemctl show -P MainPID s)"), "7");
    });

    it("whose unit was changed by a run that was cut off is reloaded", async () => {
      await target.converge(unitFile("c.service", sleeper), service("c.service"));
      await target.sh("echo '# changed' >> /etc/systemd/system/c.service");
      assertEquals(await target.converge(service("c.service")), [
        "reload c.service: unit file changed -> loaded",
      ]);
    });

    it("that fails to start shows the end of its journal, and is repaired by the next run", async () => {
      const broken =
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo no such key >&2; exit 3'\n";
      const failure = await target.failure(
        unitFile("broken.service", broken),
        service("broken.service"),
      );
      assertStringIncludes(failure, "no such key");
      assertStringIncludes(failure, "status=3");
      await target.converge(unitFile("broken.service", sleeper), service("broken.service"));
    });

    it("that has used up its starts is started nevertheless", async () => {
      const limited = `[Unit]\nStartLimitIntervalSec=1000\nStartLimitBurst=2\n${sleeper}`;
      await target.converge(unitFile("limited.service", limited), service("limited.service"));
      await target.sh("systemctl restart limited");
      const { code } = await target.host.exec("systemctl restart limited");
      assertEquals(code, 1);
      await target.converge(service("limited.service"));
    });

    it("is stopped and disabled", async () => {
      await target.converge(unitFile("stop.service", sleeper), service("stop.service"));
      await target.converge(service("stop.service", { enabled: false, active: false }));
      const { stdout } = await target.host.exec(
        "systemctl is-active stop; systemctl is-enabled stop",
      );
      assertEquals(stdout, "inactive\ndisabled\n");
    });

    it("without anything to enable is only started", async () => {
      await target.converge(
        unitFile("static.service", sleeper.replace(/\[Install\][^]*/, "")),
        service("static.service"),
      );
    });

    it("that is masked is left alone", async () => {
      await target.sh("systemctl mask masked.service 2> /dev/null");
      await assertRejects(
        () => target.run(service("masked.service")),
        HostError,
        "systemctl unmask",
      );
      await target.converge(service("masked.service", { enabled: false, active: false }));
    });

    it("that does not exist fails, and says so", async () => {
      assertStringIncludes(await target.failure(service("nobodys.service")), "does not exist");
    });
  });
});
