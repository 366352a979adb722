import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux, needsRoot, TestShell } from "../../engine/resource/test_shell.ts";
import { fileSystems } from "./file_systems.ts";
import { ask, parse, testQuestion } from "./test_source.ts";

const output = `   1B-blocks        Used       Avail   Inodes  IUsed File       Type  Mounted on
270553174016 14625595392 83167698944 16777216 495113 /          ext4  /
270553174016 14625595392 83167698944 16777216 495113 /etc/ztna  ext4  /
       65536       60000        5536        0      0 /opt/ztna  btrfs /opt/ztna a
           -           -           -        -      - /run       none  /run
        1024           0        1024       10      1 /elsewhere ext4  /elsewhere
unwritable /opt/ztna
`;

describe("file systems", () => {
  it("are read once each, of the paths that were asked for", () => {
    const root = {
      mountPoint: "/",
      type: "ext4",
      bytes: 270553174016,
      usedBytes: 14625595392,
      freeBytes: 83167698944,
      inodes: 16777216,
      usedInodes: 495113,
      isReadOnly: false,
    };
    const nothing = { bytes: 0, usedBytes: 0, freeBytes: 0, inodes: 0, usedInodes: 0 };
    assertEquals(parse(fileSystems, output), [
      root,
      {
        ...{ mountPoint: "/opt/ztna a", type: "btrfs", isReadOnly: true },
        ...{ bytes: 65536, usedBytes: 60000, freeBytes: 5536, inodes: 0, usedInodes: 0 },
      },
      { ...nothing, mountPoint: "/run", type: "none", isReadOnly: false },
    ]);
  });

  it("are read-only when one of their paths is", () => {
    const [root] = parse(fileSystems, output.replace("unwritable ", "unwritable /etc/ztna ")) ?? [];
    assertEquals(root?.isReadOnly, true);
  });

  it("are none of an answer that is cut off, or has none", () => {
    assertEquals(parse(fileSystems, output.slice(0, -20)), undefined);
    assertEquals(parse(fileSystems, "unwritable\n"), undefined);
  });

  it("are told here as df tells them", { skip: needsLinux }, async () => {
    const { facts } = await ask(fileSystems);
    const root = facts?.find(({ mountPoint }) => mountPoint === "/");
    assert(root !== undefined && root.bytes > 0 && !root.isReadOnly);
    assertEquals(new Set(facts!.map(({ mountPoint }) => mountPoint)).size, facts!.length);
  });

  it("are full or read-only when they are", { skip: needsRoot }, async () => {
    const mounts = "mount -t tmpfs -o ro none /var/log && mount -t tmpfs -o size=1m none /run && " +
      "head -c 1m /dev/zero > /run/file";
    const shell = new TestShell({
      around: ["unshare", "--mount", "sh", "-c", `${mounts} && exec "$@"`, "sh"],
    });
    const { stdout } = await shell.run(fileSystems.script(testQuestion), { what: "look" });
    const found = new Map(parse(fileSystems, stdout)?.map((each) => [each.mountPoint, each]));
    assertEquals(found.get("/var/log")?.isReadOnly, true);
    assertEquals([found.get("/run")?.freeBytes, found.get("/run")?.isReadOnly], [0, false]);
  });
});
