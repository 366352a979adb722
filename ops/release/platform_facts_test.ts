import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { parsePlatformFacts, type PlatformFacts, platformFactsScript } from "./platform_facts.ts";

const debian = `system Linux
machine x86_64
libc glibc 2.36
distribution debian
version 12
systemd systemd 252 (252.39-1~deb12u1)
blocks 1000 4096
inodes 6553600 6000000
`;

const debianFacts: PlatformFacts = {
  system: "Linux",
  machine: "x86_64",
  glibc: { major: 2, minor: 36 },
  distribution: "debian",
  distributionVersion: "12",
  systemdVersion: 252,
  freeBytes: 4_096_000,
  freeInodes: 6_000_000,
};

describe("parsePlatformFacts", () => {
  const cases: readonly (readonly [string, string, Partial<PlatformFacts>])[] = [
    ["Debian", debian, {}],
    ["no getconf, as on Alpine", debian.replace(/libc.*\n/, ""), { glibc: undefined }],
    ["another C library", debian.replace("glibc 2.36", "musl 1.2"), { glibc: undefined }],
    ["no systemd", debian.replace(/systemd.*\n/, ""), { systemdVersion: undefined }],
    ["a distribution without version", debian.replace("version 12", "version "), {
      distributionVersion: undefined,
    }],
    ["a file system without inodes", debian.replace("6553600 6000000", "0 0"), {
      freeInodes: Infinity,
    }],
    ["noise around", `Welcome!\n\u0007\n${debian}\nbye`, {}],
    ["a second opinion", `${debian}machine aarch64\n`, {}],
  ];
  for (const [what, output, difference] of cases) {
    it(`reads ${what}`, () => {
      assertEquals(parsePlatformFacts(output), { ...debianFacts, ...difference });
    });
  }

  for (const missing of ["system", "machine", "blocks", "inodes"]) {
    it(`gives nothing without ${missing}`, () => {
      assertEquals(
        parsePlatformFacts(debian.replace(new RegExp(`^${missing}.*\n`, "m"), "")),
        undefined,
      );
    });
  }

  it("takes any output, and keeps little of it", () => {
    const line = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom("system", "machine", "libc", "blocks", "inodes"), fc.string())
        .map((parts) => parts.join(" ")),
    );
    fc.assert(fc.property(fc.array(line), (lines) => {
      const facts = parsePlatformFacts(lines.join("\n"));
      assert(facts === undefined || facts.freeBytes >= 0);
    }));
    const long = parsePlatformFacts(debian.replace("Linux", "L".repeat(1_000_000)));
    assertEquals(long?.system.length, 100);
  });
});

describe("platformFactsScript", { skip: Deno.build.os !== "linux" }, () => {
  for (const root of ["/", "/no/such/directory", "/tmp/a b; $(false) 'c"]) {
    it(`tells of this machine, with releases in ${root}`, async () => {
      const { success, stdout } = await new Deno.Command("sh", {
        args: ["-euc", platformFactsScript(root)],
      }).output();
      assert(success);
      const facts = parsePlatformFacts(new TextDecoder().decode(stdout));
      assert(facts !== undefined);
      assertEquals(facts.system, "Linux");
      assertEquals(facts.machine, Deno.build.arch);
      assert(facts.freeBytes > 0 && facts.freeInodes > 0);
    });
  }
});
