import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseMountTable } from "./mount_table.ts";

describe("the mount table", () => {
  it("is read with any number of optional fields, and with escaped names", () => {
    const text = String.raw`22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
44 42 0:4 net:[4026532177] /var/lib/lab/my\040lab/router.netns rw shared:2 master:1 - nsfs nsfs rw
50 22 0:30 / /mnt/a\134b rw - tmpfs tmpfs rw
`;
    assertEquals(parseMountTable(text), [
      { mountPoint: "/", type: "ext4" },
      { mountPoint: "/var/lib/lab/my lab/router.netns", type: "nsfs" },
      { mountPoint: "/mnt/a\\b", type: "tmpfs" },
    ]);
  });

  it("has no mount where a line is none", () => {
    assertEquals(parseMountTable("\nnonsense\n"), []);
  });
});
