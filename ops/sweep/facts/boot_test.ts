import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { boot } from "./boot.ts";
import { ask, parse } from "./test_source.ts";

describe("the signs of a pending reboot", () => {
  it("are read, each package once", () => {
    const output = "required\npackage libc6\npackage libc6\npackage linux-image-6.1.0-26-amd64\n" +
      "package $(reboot)\nkernel 6.1.0-25-amd64\nkernel 6.1.0-26-amd64\nend\n";
    assertEquals(parse(boot, output), {
      isRequired: true,
      packages: ["libc6", "linux-image-6.1.0-26-amd64"],
      kernels: ["6.1.0-25-amd64", "6.1.0-26-amd64"],
    });
  });

  it("may be missing, but their end may not", () => {
    assertEquals(parse(boot, "end\n"), { isRequired: false, packages: [], kernels: [] });
    assertEquals(parse(boot, "required\n"), undefined);
  });

  it("are looked for here", { skip: needsLinux }, async () => {
    const { facts } = await ask(boot);
    const kernels = [...Deno.readDirSync("/boot")]
      .filter(({ name }) => name.startsWith("vmlinuz-"))
      .map(({ name }) => name.slice("vmlinuz-".length));
    assertEquals(new Set(facts?.kernels), new Set(kernels));
  });
});
