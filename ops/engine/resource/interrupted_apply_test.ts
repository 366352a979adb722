import { assert, assertEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { pause } from "../../../tests/support/wait.ts";
import { applyPlan } from "./apply_plan.ts";
import { temporaryPrefix } from "./apply_functions.ts";
import { gatherFacts } from "./gather_facts.ts";
import { isConverged, type Plan, planChanges } from "./plan.ts";
import type { Play, Resource } from "./resource.ts";
import { currentAccount, needsLinux, TestShell } from "./test_shell.ts";

/** How many runs must be cut off before it counts, of how many at most. */
const wantedInterruptions = 10;
const maxRounds = 60;
const fileCount = 6;
const account = currentAccount();

describe("a run that is killed", { skip: needsLinux }, () => {
  let root: string;
  beforeEach(async () => {
    root = await Deno.makeTempDir();
  });
  afterEach(() => Deno.remove(root, { recursive: true }));

  /** Contents that no cut leaves looking whole; some larger than any pipe. */
  const contents = (round: string, index: number): string =>
    `${round} ${index}\n`.repeat(index % 3 === 0 ? 20_000 : 20) + "end\n";

  function playOf(round: string): Play {
    const files = Array.from({ length: fileCount }, (_, index): Resource => ({
      kind: "file",
      id: `file ${index}`,
      path: `${root}/d/file ${index}`,
      contents: contents(round, index),
      mode: 0o640,
      ...account,
      notify: ["count"],
    }));
    return {
      resources: [
        { kind: "directory", id: "d", path: `${root}/d`, mode: 0o755, ...account },
        ...files,
        { kind: "link", id: "l", path: `${root}/d/current`, target: round, notify: ["count"] },
      ],
      handlers: [{ id: "count", summary: "count", script: `echo '${round}' >> '${root}/log'` }],
    };
  }

  async function planNow(play: Play): Promise<Plan> {
    const facts = await gatherFacts(new TestShell(), play, { pendingDirectory: `${root}/pending` });
    return planChanges(play, facts);
  }

  async function run(play: Play, shell = new TestShell()): Promise<void> {
    await applyPlan(shell, await planNow(play), { pendingDirectory: `${root}/pending` });
  }

  /** A shell that is killed after `ms`, with all that it has started. */
  const doomed = (ms: number): TestShell =>
    new TestShell({
      onStart: async (group) => {
        await pause(ms);
        try {
          Deno.kill(-group, "SIGKILL");
        } catch {
          // It was faster.
        }
      },
    });

  it("leaves every file whole, and the next run does the rest", async () => {
    await run(playOf("round 0"));
    const startMs = performance.now();
    await run(playOf("round 1"));
    const wholeMs = performance.now() - startMs;
    let interrupted = 0;
    for (let round = 2; interrupted < wantedInterruptions; round++) {
      assert(round < maxRounds, `only ${interrupted} of ${maxRounds} runs were interrupted`);
      const play = playOf(`round ${round}`);
      await run(play, doomed(Math.random() * wholeMs)).catch(() => interrupted++);

      const seen = Array.from({ length: fileCount }, (_, index) => {
        const text = Deno.readTextFileSync(`${root}/d/file ${index}`);
        const isOld = text === contents(`round ${round - 1}`, index);
        assert(isOld || text === contents(`round ${round}`, index), `file ${index} is torn`);
        assertEquals(Deno.lstatSync(`${root}/d/file ${index}`).mode! & 0o777, 0o640);
        return isOld ? 0 : 1;
      });
      assertEquals(seen, seen.toSorted((a, b) => b - a), "changes were made out of order");

      await run(play);
      assert(isConverged(await planNow(play)));
      const left = [...Deno.readDirSync(`${root}/d`)].map(({ name }) => name);
      assertEquals(left.filter((name) => name.startsWith(temporaryPrefix)), []);
      const log = Deno.readTextFileSync(`${root}/log`);
      assert(log.endsWith(`round ${round}\n`), "a handler that was due never ran");
    }
  });
});
