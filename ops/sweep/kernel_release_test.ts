import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { isNewerKernel } from "./kernel_release.ts";

describe("isNewerKernel", () => {
  const cases: [release: string, running: string, isNewer: boolean][] = [
    ["6.1.0-26-amd64", "6.1.0-25-amd64", true],
    ["6.1.0-9-amd64", "6.1.0-10-amd64", false],
    ["6.1.0-25-amd64", "6.1.0-25-amd64", false],
    ["6.10.0-1-amd64", "6.9.12-1-amd64", true],
    ["6.1.0-26-cloud-amd64", "6.1.0-25-amd64", false],
    ["6.12.48+deb13-amd64", "6.12.41+deb13-amd64", true],
    ["6.12.41+deb13+1-amd64", "6.12.41+deb13-amd64", false],
    ["6.1.0-0.deb11.5-amd64", "5.10.0-30-amd64", false],
    ["6.8.0-51-generic", "6.8.0-49-generic", true],
    ["6.18.44-fc-v657", "6.18.43-fc-v657", true],
    ["vmlinuz", "6.1.0-25-amd64", false],
    ["", "", false],
  ];
  for (const [release, running, isNewer] of cases) {
    it(`says ${isNewer} of "${release}" where "${running}" runs`, () => {
      assertEquals(isNewerKernel(release, running), isNewer);
    });
  }

  it("makes something of any two names, and no two newer than each other", () => {
    const number = fc.nat({ max: 12 });
    const release = fc.oneof(
      fc.string(),
      fc.tuple(number, number, number).map((parts) => `${parts.join(".")}-amd64`),
    );
    fc.assert(fc.property(release, release, (one, other) => {
      assertEquals(isNewerKernel(one, other) && isNewerKernel(other, one), false);
    }));
  });
});
