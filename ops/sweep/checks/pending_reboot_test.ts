import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { BootFacts } from "../facts/boot.ts";
import { kernelFacts, processFacts } from "../facts/test_facts.ts";
import { onlyVerdict, statuses } from "../test_view.ts";
import { pendingReboot, pendingRestart } from "./pending_reboot.ts";

function facts(boot: Partial<BootFacts>): Parameters<typeof statuses>[1] {
  const nothing = { isRequired: false, packages: [], kernels: [] };
  return { facts: { boot: { ...nothing, ...boot }, kernel: kernelFacts() } };
}

describe("the check of pending reboots", () => {
  const pending: [what: string, boot: Partial<BootFacts>, value: string][] = [
    [
      "a package that asks for one",
      { isRequired: true, packages: ["libc6"] },
      "libc6 asks for a reboot",
    ],
    [
      "several packages",
      { isRequired: true, packages: ["libc6", "dbus", "x"] },
      "libc6 and 2 more ask for a reboot",
    ],
    ["a mark without names", { isRequired: true }, "updates ask for a reboot"],
    [
      "a newer kernel",
      { kernels: ["6.1.0-25-amd64", "6.1.0-26-amd64"] },
      "kernel 6.1.0-26-amd64 is installed, 6.1.0-25-amd64 runs",
    ],
  ];
  for (const [what, boot, value] of pending) {
    it(`warns of ${what}`, () => {
      const verdict = onlyVerdict(pendingReboot, facts(boot));
      assertEquals([verdict.status, verdict.value], ["warning", value]);
      assertMatch(verdict.remedy, /--limit h/);
    });
  }

  it("finds hosts well that run what they have", () => {
    assertEquals(statuses(pendingReboot, facts({ kernels: ["6.1.0-25-amd64"] })), [["", "ok"]]);
    assertEquals(statuses(pendingReboot, facts({ kernels: ["6.1.0-24-amd64"] })), [["", "ok"]]);
    assertEquals(statuses(pendingReboot, {}), []);
  });
});

describe("the check of pending restarts", () => {
  it("warns of programs that work with libraries that are gone", () => {
    const programs = {
      relay: processFacts({ hasOldLibraries: true }),
      connector: processFacts(),
      application: null,
    };
    const change = { facts: { processes: { isRoot: true, programs } } };
    assertEquals(statuses(pendingRestart, change), [["relay", "warning"], ["connector", "ok"]]);
    assertEquals(statuses(pendingRestart, {}), []);
  });
});
