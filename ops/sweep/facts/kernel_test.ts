import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { kernel } from "./kernel.ts";
import { ask, parse } from "./test_source.ts";

const output = `/proc/sys/kernel/osrelease:6.1.0-25-amd64
/sys/devices/system/cpu/online:0-2,5
/proc/loadavg:4.73 7.65 8.64 5/183 1212
/proc/meminfo:MemTotal:        1024 kB
/proc/meminfo:MemAvailable:     512 kB
/proc/meminfo:SwapTotal:        100 kB
/proc/meminfo:SwapFree:          10 kB
/proc/pressure/memory:full avg10=0.00 avg60=12.50 avg300=0.00 total=0
/proc/sys/fs/file-nr:1248\t0\t9223372036854775807
/proc/sys/net/core/rmem_max:4194304
`;

describe("the kernel's accounts", () => {
  it("are read from what /proc has", () => {
    assertEquals(parse(kernel, output), {
      release: "6.1.0-25-amd64",
      processors: 4,
      load: [4.73, 7.65, 8.64],
      memoryBytes: 1_048_576,
      availableBytes: 524_288,
      swapBytes: 102_400,
      freeSwapBytes: 10_240,
      memoryStall: 0.125,
      openFiles: 1248,
      maxOpenFiles: 9223372036854775807,
      socketBuffers: { rmem_max: 4_194_304 },
    });
  });

  for (const optional of ["pressure", "Swap", "rmem_max"]) {
    it(`go without ${optional}, which not every kernel has`, () => {
      const lines = output.split("\n").filter((line) => !line.includes(optional));
      assert(parse(kernel, lines.join("\n")) !== undefined);
    });
  }

  for (const required of ["osrelease", "online", "loadavg", "MemTotal", "Available", "file-nr"]) {
    it(`are none without ${required}`, () => {
      const lines = output.split("\n").filter((line) => !line.includes(required));
      assertEquals(parse(kernel, lines.join("\n")), undefined);
    });
  }

  it("are none where processors can't be counted", () => {
    for (const list of ["", "3-1", "0-", "a", "0,,1", "-"]) {
      assertEquals(parse(kernel, output.replace("0-2,5", list)), undefined, list);
    }
  });

  it("can be had here", { skip: needsLinux }, async () => {
    const { facts } = await ask(kernel);
    assertEquals(facts?.release, Deno.osRelease());
    assertEquals(facts?.memoryBytes, Deno.systemMemoryInfo().total);
  });
});
