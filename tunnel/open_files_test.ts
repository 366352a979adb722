import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { countOpenFiles, maxOpenFiles } from "./open_files.ts";

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

describe("maxOpenFiles", () => {
  it("tells what the shell that starts it has set", { skip }, () => {
    const module = new URL("./open_files.ts", import.meta.url).href;
    const script = `console.log((await import("${module}")).maxOpenFiles())`;
    const { stdout } = new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 321; exec "$0" eval "$1"', Deno.execPath(), script],
    }).outputSync();
    assertEquals(new TextDecoder().decode(stdout), "321\n");
    assert(maxOpenFiles()! > 0);
  });
});
