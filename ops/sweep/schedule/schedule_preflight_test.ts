import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsRoot, TestShell } from "../../engine/resource/test_shell.ts";
import { preflightProblems, preflightScript } from "./schedule_preflight.ts";
import type { SweepSchedule } from "./sweep_schedule.ts";
import { testSchedule } from "./test_schedule.ts";

const checkout = new URL("../../../", import.meta.url).pathname.slice(0, -1);

describe("the preflight of a schedule", { skip: needsRoot }, () => {
  async function wordsFor(change: Partial<SweepSchedule>): Promise<string[]> {
    const shell = new TestShell();
    const schedule = testSchedule({ user: "root", checkout, deno: "/bin/true", ...change });
    const { stdout } = await shell.run(preflightScript(schedule), { what: "preflight" });
    // Whether this machine runs systemd is another matter.
    return stdout.split("\n").filter((word) => word !== "" && word !== "systemd");
  }

  const cases: [what: string, change: Partial<SweepSchedule>, words: string[]][] = [
    ["has nothing to say where all is there", { inputs: ["/etc/hosts"], outputs: ["/tmp"] }, []],
    ["misses the user", { user: "nobody-of-that-name" }, ["user"]],
    ["misses the checkout", { checkout: "/nowhere" }, ["checkout"]],
    ["misses a Deno that runs", { deno: "/etc/hosts" }, ["deno"]],
    [
      "misses what the user may not read or write",
      { user: "nobody", inputs: ["/etc/hosts", "/etc/shadow"], outputs: ["/tmp", "/etc"] },
      ["input 1", "output 1"],
    ],
  ];
  for (const [what, change, words] of cases) {
    it(what, async () => assertEquals(await wordsFor(change), words));
  }

  it("goes no further without root", async () => {
    const around = ["setpriv", "--reuid=65534", "--clear-groups", "--"];
    // The script itself is in a file of root's; nothing else about it matters here.
    const { stdout } = await new TestShell().run(
      `${around.join(" ")} sh -c "$(cat << 'END'\n${preflightScript(testSchedule())}END\n)"`,
      { what: "preflight" },
    );
    assertEquals(stdout, "root\n");
  });
});

describe("what is said of a preflight", () => {
  const schedule = testSchedule({ inputs: ["/etc/inventory.yaml"], outputs: ["/srv/reports"] });
  const words = ["root", "systemd", "user", "checkout", "deno", "ssh", "input 0", "output 0"];

  for (const word of words) {
    it(`has a sentence for "${word}" with what to do`, () => {
      const [problem = "", ...others] = preflightProblems(`${word}\n`, schedule);
      assertEquals(others, []);
      assertStringIncludes(problem, " must ");
    });
  }

  it("is nothing of what it does not know", () => {
    assertEquals(preflightProblems("\nhello\ninput\n", schedule).length, 1);
    assertEquals(preflightProblems("", schedule), []);
  });
});
