import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { processes, type ProcessesFacts } from "./processes.ts";
import { ask, parse, testQuestion } from "./test_source.ts";

describe("the programs' processes", () => {
  it("are read with what they may have", () => {
    const output = `root
ztna-relay@a.service active 12 340 65536 yes
ztna-connector@a.service activating 13 9 unlimited no
ztna-application@a.service none
ssh.service active 1 2 3 no
end
`;
    assertEquals(parse(processes, output), {
      isRoot: true,
      programs: {
        relay: {
          ...{ state: "active", pid: 12, openFiles: 340, maxOpenFiles: 65536 },
          hasOldLibraries: true,
        },
        connector: {
          ...{ state: "activating", pid: 13, openFiles: 9, hasOldLibraries: false },
          maxOpenFiles: Number.MAX_SAFE_INTEGER,
        },
        application: null,
      },
    });
  });

  it("are not known of those that end while they are looked at", () => {
    const output = "ztna-relay@a.service active 12 1  no\nend\n";
    assertEquals(parse(processes, output), { isRoot: false, programs: {} });
  });

  it("are none of an answer that is cut off", () => {
    assertEquals(parse(processes, "root\nztna-relay@a.service none\n"), undefined);
  });

  async function look(properties: Record<string, string>): Promise<ProcessesFacts | undefined> {
    const systemd = new StandInSystemd();
    systemd.properties = { Id: "ztna-relay@a.service", ...properties };
    return (await ask(processes, testQuestion, systemd)).facts;
  }

  it("are counted and compared with their limit", { skip: needsLinux }, async () => {
    const facts = await look({ MainPID: String(Deno.pid) });
    const { openFiles = 0, maxOpenFiles, ...relay } = facts?.programs.relay ?? {};
    assertEquals(relay, { state: "active", pid: Deno.pid, hasOldLibraries: false });
    assert(openFiles > 3);
    const limits = Deno.readTextFileSync("/proc/self/limits");
    assertEquals(String(maxOpenFiles), /^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    assertEquals(facts?.isRoot, Deno.uid() === 0);
  });

  it("may not be there, or be gone", { skip: needsLinux }, async () => {
    assertEquals((await look({ MainPID: "0" }))?.programs, { relay: null });
    // No process has a number beyond the kernel's largest.
    assertEquals((await look({ MainPID: "4194305" }))?.programs, {});
  });

  it("show that a library of theirs was replaced", { skip: needsLinux }, async () => {
    const directory = await Deno.makeTempDir();
    try {
      // The C library of another directory: what the tests run on stays as it is.
      const library = "libc.so.6";
      const [, original] = /(\/\S*\/libc\.so\.6)$/m.exec(
        Deno.readTextFileSync("/proc/self/maps"),
      ) ?? [];
      await Deno.copyFile(original!, `${directory}/${library}`);
      await using child = new Deno.Command("cat", {
        env: { LD_LIBRARY_PATH: directory },
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const [writer, reader] = [child.stdin.getWriter(), child.stdout.getReader()];
      await writer.write(new Uint8Array(1));
      await reader.read(); // it has started, libraries and all
      const properties = { MainPID: String(child.pid) };
      assertEquals((await look(properties))?.programs.relay?.hasOldLibraries, false);
      await Deno.remove(`${directory}/${library}`);
      assertEquals((await look(properties))?.programs.relay?.hasOldLibraries, true);
      await writer.close();
      await reader.cancel();
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
});
