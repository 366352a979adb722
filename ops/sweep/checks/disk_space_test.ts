import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { FileSystemFacts } from "../facts/file_systems.ts";
import type { FindingStatus } from "../finding.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { diskSpace, inodes, readOnlyDisk } from "./disk_space.ts";

/** One of 1000 bytes, of which root alone can take 100, and with 1000 inodes. */
function fileSystem(change: Partial<FileSystemFacts> = {}): FileSystemFacts {
  return {
    ...{ mountPoint: "/var", type: "ext4", bytes: 1000, usedBytes: 450, freeBytes: 450 },
    ...{ inodes: 1000, usedInodes: 10, isReadOnly: false },
    ...change,
  };
}

function facts(...all: Partial<FileSystemFacts>[]): Parameters<typeof statuses>[1] {
  return { facts: { fileSystems: all.map(fileSystem) } };
}

describe("the check of disk space", () => {
  const cases: [usedBytes: number, freeBytes: number, status: FindingStatus][] = [
    [450, 450, "ok"],
    [756, 144, "ok"],
    [757, 143, "warning"], // 84.1 %, which is 85 as df rounds
    [846, 54, "warning"],
    [847, 53, "critical"],
    [900, 0, "critical"],
  ];
  for (const [usedBytes, freeBytes, status] of cases) {
    it(`takes ${usedBytes} bytes in use and ${freeBytes} free for ${status}`, () => {
      assertEquals(statuses(diskSpace, facts({ usedBytes, freeBytes })), [["/var", status]]);
    });
  }

  it("says how full it is, and how to find out of what", () => {
    const { value, remedy, measure } = onlyVerdict(
      diskSpace,
      facts({ usedBytes: 810, freeBytes: 90 }),
    );
    assertEquals(value, "90 % of 1000 B in use, 90 B free");
    assertMatch(remedy, /deno task exec -i … h -- 'du -xh -d 3 \/var \| sort -h \| tail'/);
    assertMatch(remedy, /journalctl --vacuum-size=200M/);
    assertEquals(measure, { value: 0.9, unit: "ratio" });
  });

  it("advises to shorten the journal only where it is", () => {
    const full = { usedBytes: 900, freeBytes: 0 };
    for (const mountPoint of ["/", "/var", "/var/log"]) {
      assertMatch(onlyVerdict(diskSpace, facts({ ...full, mountPoint })).remedy, /vacuum/);
    }
    for (const mountPoint of ["/run", "/var/lib"]) {
      assert(!onlyVerdict(diskSpace, facts({ ...full, mountPoint })).remedy.includes("vacuum"));
    }
  });

  it("keeps a host's names out of the shell", () => {
    const mountPoint = "/a'; reboot; '";
    const { remedy } = onlyVerdict(diskSpace, facts({ mountPoint, freeBytes: 0 }));
    // Quoted twice: for the shell there, and for the one here.
    const script = /-- '(.*)'$/.exec(remedy)?.[1]?.replaceAll(`'\\''`, "'");
    const name = `'/a'\\''; reboot; '\\'''`;
    assertEquals(script, `du -xh -d 3 ${name} | sort -h | tail`);
  });

  it("leaves out images, file systems without size, and hosts that did not tell", () => {
    const image = { type: "squashfs", freeBytes: 0 };
    assertEquals(statuses(diskSpace, facts(image, { usedBytes: 0, freeBytes: 0 })), []);
    assertEquals(statuses(diskSpace, {}), []);
  });
});

describe("the check of inodes", () => {
  for (
    const [usedInodes, status] of [[840, "ok"], [841, "warning"], [941, "critical"]] as const
  ) {
    it(`takes ${usedInodes} of 1000 for ${status}`, () => {
      assertEquals(statuses(inodes, facts({ usedInodes })), [["/var", status]]);
    });
  }

  it("leaves out file systems that make them as they need them", () => {
    assertEquals(statuses(inodes, facts({ inodes: 0, usedInodes: 0 })), []);
    assertEquals(statuses(inodes, {}), []);
  });
});

describe("the check of disks that can't be written", () => {
  it("finds those alone", () => {
    const all = facts({}, { mountPoint: "/opt/ztna", isReadOnly: true });
    assertEquals(statuses(readOnlyDisk, all), [["/opt/ztna", "critical"]]);
    assertMatch(onlyVerdict(readOnlyDisk, all).remedy, /mount -o remount,rw \/opt\/ztna$/);
    assertEquals(statuses(readOnlyDisk, {}), []);
  });
});
