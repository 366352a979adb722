import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { HostError } from "../engine/errors.ts";
import { platformOf } from "./platform.ts";
import type { PlatformFacts } from "./platform_facts.ts";

const debian12: PlatformFacts = {
  system: "Linux",
  machine: "x86_64",
  glibc: { major: 2, minor: 36 },
  distribution: "debian",
  distributionVersion: "12",
  systemdVersion: 252,
  freeBytes: 1e9,
  freeInodes: 1e6,
};

describe("platformOf", () => {
  const supported: readonly Partial<PlatformFacts>[] = [
    {},
    { distribution: "debian", distributionVersion: "13", glibc: { major: 2, minor: 41 } },
    { distribution: "ubuntu", distributionVersion: "22.04", glibc: { major: 2, minor: 35 } },
    { distribution: undefined, distributionVersion: undefined, glibc: { major: 2, minor: 34 } },
    { glibc: { major: 3, minor: 0 } },
  ];
  for (const facts of supported) {
    it(`takes ${JSON.stringify(facts)}`, () => {
      assertEquals(platformOf("r1", { ...debian12, ...facts }), "linux-x64");
    });
  }

  const refused: readonly (readonly [Partial<PlatformFacts>, string])[] = [
    [{ machine: "aarch64" }, "linux-arm64, for which there is no QUIC library (debian 12)"],
    [{ machine: "riscv64" }, 'is "riscv64" (debian 12)'],
    [{ machine: "i686" }, 'is "i686"'],
    [
      { glibc: { major: 2, minor: 31 }, distribution: "ubuntu", distributionVersion: "20.04" },
      "is glibc 2.31 (ubuntu 20.04)",
    ],
    [{ glibc: { major: 1, minor: 99 } }, "is glibc 1.99"],
    [
      { glibc: undefined, distribution: "alpine", distributionVersion: "3.22" },
      "not glibc, such as musl (alpine 3.22)",
    ],
    [{
      system: "Darwin",
      machine: "arm64",
      distribution: undefined,
      distributionVersion: undefined,
    }, 'is "Darwin"'],
    [{ system: "FreeBSD", distribution: "\u001b[31mred" }, String.raw`\u001b[31mred`],
  ];
  for (const [facts, part] of refused) {
    it(`refuses ${JSON.stringify(facts)}`, () => {
      const error = assertThrows(() => platformOf("r1", { ...debian12, ...facts }), HostError);
      assertStringIncludes(error.message, part);
      assertStringIncludes(error.message, 'Cannot deploy to "r1" as a release runs on Linux');
      assertEquals(error.host, "r1");
    });
  }
});
