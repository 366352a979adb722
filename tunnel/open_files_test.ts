import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { countOpenFiles } from "./open_files.ts";

const skip = Deno.build.os !== "linux";

describe("countOpenFiles", () => {
  it("counts what is opened and closed, also more than one call takes", { skip }, () => {
    const before = countOpenFiles()!;
    const files = Array.from({ length: 800 }, () => Deno.openSync("/dev/null"));
    try {
      assertEquals(countOpenFiles(), before + files.length);
    } finally {
      for (const file of files) file.close();
    }
    assertEquals(countOpenFiles(), before);
  });

  it("counts as the system does", { skip }, () => {
    // Reading the directory has one open itself.
    assertEquals(countOpenFiles(), [...Deno.readDirSync("/proc/self/fd")].length - 1);
  });
});
