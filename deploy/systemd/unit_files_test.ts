import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { programNames } from "../../ops/fleet/fleet.ts";
import { hostPaths, serviceUser } from "../../ops/host_paths.ts";
import { configFileOf } from "../../ops/fleet/program_files.ts";
import { readUnits, unitTemplates } from "../../ops/fleet/units.ts";
import { defaultDrainTimeoutSeconds } from "../../relay/limits.ts";

const units = readUnits(new URL("../../", import.meta.url).pathname);

/** The values of a setting, in order. */
function settings(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

for (const program of programNames) {
  describe(`the unit file of the ${program}`, () => {
    const text = units[unitTemplates[program]]!;

    it("runs the current release as the system user, with the host's configuration", () => {
      const [command, ...more] = settings(text, "ExecStart");
      const args = program === "application"
        ? "${ADDRESS} ${PORT}"
        : `--config ${configFileOf(program)}`;
      assertEquals([command, more], [`${hostPaths.current}/bin/${program} ${args}`, []]);
      assertEquals(settings(text, "User"), [serviceUser]);
      assertEquals(settings(text, "Group"), [serviceUser]);
    });

    it("gives it longer to stop than it takes", () => {
      assert(Number(settings(text, "TimeoutStopSec")[0]) > 3 * defaultDrainTimeoutSeconds);
    });

    it("tries again after failures, at most for about a minute", () => {
      const [pause, burst, interval] = ["RestartSec", "StartLimitBurst", "StartLimitIntervalSec"]
        .map((name) => Number(settings(text, name)[0]));
      // A start that fails takes about half a second.
      const patienceSeconds = burst! * (pause! + 0.5);
      assert(patienceSeconds > 45 && patienceSeconds < 90, String(patienceSeconds));
      assert(patienceSeconds < interval!, "it would never be given up");
    });

    it("lets V8 compile, and protect what it has compiled", () => {
      assertEquals(settings(text, "MemoryDenyWriteExecute"), []);
      assertMatch(settings(text, "SystemCallFilter")[0]!, /@system-service @pkey$/);
    });

    it("has nothing to fill in but the instance's name", () => {
      assertEquals(new Set(text.match(/%./g)), new Set(["%i"]));
    });

    it("waits for the network, and starts with the system", () => {
      assertEquals(settings(text, "After"), ["network-online.target"]);
      assertEquals(settings(text, "WantedBy"), ["multi-user.target"]);
    });
  });
}
