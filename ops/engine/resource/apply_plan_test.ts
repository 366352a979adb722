import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { HostError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { type AppliedPlan, applyPlan } from "./apply_plan.ts";
import type { ApplyEvent } from "./apply_progress.ts";
import { applyScript } from "./apply_script.ts";
import { gatherFacts } from "./gather_facts.ts";
import { dropHandlers, isConverged, type Plan, planChanges } from "./plan.ts";
import type { CommandResource, FileResource, Handler, Play, Resource } from "./resource.ts";
import { currentAccount, needsLinux, needsRoot, TestShell } from "./test_shell.ts";

const account = currentAccount();

describe("applying a plan", { skip: needsLinux }, () => {
  let root: string;
  let pendingDirectory: string;
  beforeEach(async () => {
    root = await Deno.makeTempDir();
    pendingDirectory = `${root}/state/pending`;
  });
  afterEach(() => Deno.remove(root, { recursive: true }));

  const file = (name: string, contents: FileResource["contents"], more = {}): FileResource => ({
    kind: "file",
    id: name,
    path: `${root}/${name}`,
    contents,
    mode: 0o640,
    ...account,
    ...more,
  });
  const command = (script: string, unless = "false", id = "command"): CommandResource => ({
    kind: "command",
    id,
    summary: `run ${id}`,
    unless,
    script,
  });
  const play = (resources: readonly Resource[], handlers: readonly Handler[] = []): Play => ({
    resources,
    handlers,
  });
  const planOf = async (play: Play, shell = new TestShell()): Promise<Plan> =>
    planChanges(play, await gatherFacts(shell, play, { pendingDirectory }));
  const apply = (plan: Plan, shell = new TestShell()): Promise<AppliedPlan> =>
    applyPlan(shell, plan, { pendingDirectory });
  /** Gathers, plans, applies. */
  const run = async (play: Play, shell?: TestShell): Promise<AppliedPlan> =>
    await apply(await planOf(play, shell), shell);
  const text = (name: string): string => Deno.readTextFileSync(`${root}/${name}`);
  const write = (name: string, contents: string): void =>
    Deno.writeTextFileSync(`${root}/${name}`, contents);
  const names = (directory = ""): string[] =>
    [...Deno.readDirSync(`${root}/${directory}`)].map(({ name }) => name).sort();
  /** What a failed change or handler wrote. */
  const failureOf = ({ failed }: AppliedPlan): string => failed?.failure.output ?? "nothing failed";

  it("does nothing for an empty plan", async () => {
    const { changed, handled, complete } = await run(play([]));
    assertEquals([changed, handled, complete], [[], [], true]);
  });

  it("tells what happens, in the order in which it happens", async () => {
    const events: string[] = [];
    const wanted = play([file("a", "1", { notify: ["h"] }), command("exit 3"), file("b", "2")], [
      { id: "h", summary: "handle", script: "true" },
    ]);
    const onEvent = (event: ApplyEvent): void => {
      events.push(
        `${event.type} ${"change" in event ? event.change.resource : event.handler.id}` +
          ("failure" in event ? ` ${event.failure.code}` : ""),
      );
    };
    const options = { pendingDirectory, onEvent };
    await applyPlan(new TestShell(), await planOf(wanted), options);
    const repaired = {
      ...wanted,
      resources: wanted.resources.filter(({ id }) => id !== "command"),
    };
    await applyPlan(new TestShell(), await planOf(repaired), options);
    assertEquals(events, [
      "change_started a",
      "change_done a",
      "change_started command",
      "change_failed command 3",
      "change_started b",
      "change_done b",
      "handler_started h",
      "handler_done h",
    ]);
  });

  describe("a file", () => {
    it("is not touched when its contents are damaged on the way", async () => {
      write("a", "old");
      const damage = (input: Uint8Array): void => {
        input[2]! ^= 1;
      };
      const outcome = await run(play([file("a", "new contents")]), new TestShell({ damage }));
      assertStringIncludes(failureOf(outcome), "damaged on the way: nothing was changed");
      assertEquals(text("a"), "old");
      assertEquals(names(), ["a"]);
    });

    it("is not touched when its contents end too early", async () => {
      write("a", "old");
      const plan = await planOf(play([file("a", "new contents")]));
      const wrap = (script: string): string => `head -c 5 | (\n${script})`;
      const outcome = await applyPlan(new TestShell(), plan, { pendingDirectory, wrap });
      assertStringIncludes(failureOf(outcome), "damaged on the way");
      assertEquals(text("a"), "old");
    });

    it("is not touched when its check refuses the new contents", async () => {
      write("a", "old");
      const validate = `grep -q good "$1" || { echo "line 1: bad" >&2; exit 7; }`;
      const refused = await run(play([file("a", "bad", { validate })]));
      assertEquals(
        failureOf(refused),
        "line 1: bad\nIts check refused the new contents with exit code 7: nothing was changed",
      );
      assertEquals([text("a"), names()], ["old", ["a"]]);
      const accepted = await run(play([file("a", "good", { validate })]));
      assertEquals(failureOf(accepted), "nothing failed");
      assertEquals(text("a"), "good");
    });

    it("has its mode and owner before its check sees it", async () => {
      const validate = `stat -c %a:%U "$1" >> '${root}/seen'; cat < "$1" >> '${root}/seen'`;
      await run(play([file("a", "new", { validate, mode: 0o600 })]));
      assertEquals(text("seen"), `600:${account.owner}\nnew`);
    });

    it("takes the place of a link, and what that pointed to stays", async () => {
      write("victim", "untouched");
      for (const target of [`${root}/victim`, `${root}/nowhere`, root]) {
        Deno.symlinkSync(target, `${root}/a`);
        await run(play([file("a", "mine")]));
        assert(Deno.lstatSync(`${root}/a`).isFile);
        assertEquals([text("a"), text("victim")], ["mine", "untouched"]);
        assertEquals(names(), ["a", "victim"]);
        Deno.removeSync(`${root}/a`);
      }
    });

    it("is not written where a link has taken the temporary file's name", async () => {
      write("victim", "untouched");
      const plan = await planOf(play([file("a", "mine")]));
      const wrap = (script: string): string => {
        const ours = /^nonce='(\w+)'$/m.exec(script)![1]!;
        // Too late for the removal of what earlier runs have left, as an attacker would be.
        return script.replace(
          "\nrun change",
          `
ln -s '${root}/victim' '${root}/.ztna-new.${ours}'
run change`,
        );
      };
      const outcome = await applyPlan(new TestShell(), plan, { pendingDirectory, wrap });
      assertStringIncludes(failureOf(outcome), "File exists");
      assertEquals([text("victim"), names()], ["untouched", ["victim"]]);
    });

    it("never shows or stores a secret on its way", async () => {
      const secret = "hunter2-hunter2";
      const plan = await planOf(play([file("key", new Secret(secret), { mode: 0o600 })]));
      const script = applyScript(plan, { nonce: "abc" });
      assert(!script.includes(secret) && !script.includes(btoa(secret)));
      await apply(plan);
      assertEquals(text("key"), secret);
    });
  });

  describe("a conflict", () => {
    it("keeps the whole plan from being applied", async () => {
      Deno.mkdirSync(`${root}/taken`);
      const plan = await planOf(play([file("a", "1"), file("taken", "2"), file("no/b", "3")]));
      const error = await assertRejects(() => apply(plan), HostError, "a directory is there");
      assertStringIncludes(error.message, `there is no ${root}/no`);
      assertEquals(names(), ["taken"]);
    });

    it("that came about after the plan was made fails the change, and harms nothing", async () => {
      const wanted = play([
        file("a", "1"),
        { kind: "directory", id: "d", path: `${root}/d`, mode: 0o700, ...account },
      ]);
      const plan = await planOf(wanted);
      Deno.mkdirSync(`${root}/a`);
      assertStringIncludes(failureOf(await apply(plan)), "cannot overwrite directory");
      Deno.removeSync(`${root}/a`);
      Deno.mkdirSync(`${root}/victim`, { mode: 0o755 });
      Deno.symlinkSync("victim", `${root}/d`);
      assertStringIncludes(failureOf(await apply(plan)), "Something else took the place");
      assertEquals(Deno.statSync(`${root}/victim`).mode! & 0o777, 0o755);
    });

    it("shows why a directory that is not empty stays", async () => {
      Deno.mkdirSync(`${root}/d`);
      write("d/precious", "");
      const outcome = await run(play([{ kind: "absent", id: "d", path: `${root}/d` }]));
      assertStringIncludes(failureOf(outcome), "Directory not empty");
      assertEquals(names("d"), ["precious"]);
    });
  });

  describe("a failure", () => {
    const handlers = (): Handler[] => [
      { id: "first", summary: "first", script: `echo first >> '${root}/log'` },
      { id: "second", summary: "second", script: `echo second >> '${root}/log'` },
    ];

    it("ends the run, and the next one does the rest, handlers included", async () => {
      const resources = [
        file("a", "1", { notify: ["second"] }),
        command(`cat '${root}/gate'`, `[ -e '${root}/gate' ]`),
        file("b", "2", { notify: ["first"] }),
      ];
      const wanted = play(resources, handlers());
      const { changed, handled, failed } = await run(wanted);
      assertEquals(changed.map(({ resource }) => resource), ["a"]);
      assertEquals(handled, []);
      assert(failed?.type === "change_failed" && failed.change.resource === "command");
      assertStringIncludes(failed.failure.output, "No such file or directory");
      assertEquals(names(), ["a", "state"]);

      write("gate", "");
      const plan = await planOf(wanted);
      assertEquals(plan.changes.map(({ resource }) => resource), ["b"]);
      await apply(plan);
      assertEquals([text("a"), text("b")], ["1", "2"]);
      assertEquals(text("log"), "first\nsecond\n");
      assert(isConverged(await planOf(wanted)));
    });

    it("of a handler leaves it due, and those behind it", async () => {
      const [first, second] = handlers() as [Handler, Handler];
      const failing = { ...first, script: `[ -e '${root}/gate' ]; echo first >> '${root}/log'` };
      const wanted = play([file("a", "1", { notify: ["first", "second"] })], [failing, second]);
      const { failed, handled } = await run(wanted);
      assertEquals([failed?.type, handled], ["handler_failed", []]);
      write("gate", "");
      const plan = await planOf(wanted);
      assertEquals(plan.changes, []);
      assertEquals(plan.handlers.map(({ id }) => id), ["first", "second"]);
      await apply(plan);
      assertEquals(text("log"), "first\nsecond\n");
      assertEquals(names("state/pending"), []);
      assert(isConverged(await planOf(wanted)));
    });

    it("of a change that is all or nothing leaves no handler due for it", async () => {
      const all = handlers();
      const wanted = play([
        file("a", "1", { notify: ["first"] }),
        file("b", "2", { notify: ["first", "second"], validate: "exit 4" }),
      ], all);
      assertEquals((await run(wanted)).failed?.failure.code, 1);
      assertEquals(names("state/pending"), ["first"]);
      const half = { ...command(`touch '${root}/half'; false`), notify: ["second"] };
      assertEquals((await run(play([half], all))).failed?.type, "change_failed");
      assertEquals(names("state/pending"), ["first", "second"]);
    });

    it("to record a due handler keeps the change from being made", async () => {
      write("state", "a file where a directory must be");
      const outcome = await run(play([file("a", "1", { notify: ["first"] })], handlers()));
      assertStringIncludes(failureOf(outcome), "Not a directory");
      assertEquals(names(), ["state"]);
    });

    it("shows the end of a long output, and nothing that moves the cursor", async () => {
      const noise = "yes '\u001b[2Jnoise' | head -c 3000000; echo last >&2; exit 9";
      const outcome = await run(play([command(noise)]));
      const output = failureOf(outcome);
      assertEquals(outcome.failed?.failure.code, 9);
      assert(output.endsWith("\\u001b[2Jnoise\nlast") && output.length < 10_000, output.slice(-99));
      assert(!output.includes("\u001b"));
    });

    it("of a script's syntax is that script's alone", async () => {
      const { failed, complete } = await run(play([command("if then (")]));
      assertEquals([failed?.failure.code, complete], [2, true]);
      assertStringIncludes(failed!.failure.output.toLowerCase(), "syntax error");
    });

    it("of a command is any command of its script", async () => {
      await run(play([command(`false; echo >> '${root}/log'`)]));
      assertEquals(names(), []);
    });

    it("is a command whose condition still does not hold", async () => {
      const outcome = await run(play([command("true", "[ -e /nowhere ]")]));
      assertStringIncludes(failureOf(outcome), "still does not hold: [ -e /nowhere ]");
    });
  });

  it("forgets handlers that something else has made needless, but not before that is done", async () => {
    const handler = { id: "restart", summary: "restart", script: `echo ran >> '${root}/log'` };
    const failing = play([file("a", "1", { notify: ["restart"] }), command("false")], [handler]);
    await run(failing);
    const stillFailing = dropHandlers(await planOf(failing), ["restart"]);
    assertEquals(stillFailing.handlers, []);
    await apply(stillFailing);
    assertEquals(names("state/pending"), ["restart"]);
    const started = play([file("a", "2", { notify: ["restart"] })], [handler]);
    await apply(dropHandlers(await planOf(started), ["restart"]));
    assertEquals([text("a"), names()], ["2", ["a", "state"]]);
    assert(isConverged(await planOf(started)));
  });

  it("keeps commands from reading what belongs to files", async () => {
    const greedy = command(`cat > '${root}/stolen'; cat <&3 >> '${root}/stolen' || :`, "false");
    const done = { ...greedy, unless: `[ -e '${root}/stolen' ]` };
    const outcome = await run(play([file("a", "1"), done, file("b", "2")]));
    assertEquals(failureOf(outcome), "nothing failed");
    assertEquals([text("stolen"), text("b")], ["", "2"]);
  });

  it("keeps commands from speaking for us", async () => {
    const plan = await planOf(play([command("true"), file("b", "2")]));
    const wrap = (script: string): string => {
      const nonce = /^nonce='(\w+)'$/m.exec(script)![1]!;
      return `echo '${nonce} change 0 done'; echo '${nonce} change 1 begin'; echo '${nonce} end'\n` +
        script;
    };
    const { changed, failed } = await applyPlan(new TestShell(), plan, { pendingDirectory, wrap });
    assertEquals([changed, failed?.type], [[], "change_failed"]);
  });

  it("is part of a larger script that goes on", async () => {
    const plan = await planOf(play([file("a", "1")]));
    const wrap = (script: string): string => `echo before\n${script}code=$?\necho "after $code"\n`;
    const { result } = await applyPlan(new TestShell(), plan, { pendingDirectory, wrap });
    assert(/^before\n[^]*\nafter 0\n$/.test(result.stdout), result.stdout);
  });

  it("says so when its script does not come to its end", async () => {
    // The script's process group, which is what is left of a host whose session is lost.
    const plan = await planOf(play([file("a", "1"), command("kill -9 0")]));
    const error = await assertRejects(
      () => apply(plan),
      HostError,
      'it ended during "run command"',
    );
    assertStringIncludes(error.message, "Run again: what is missing will be done then");
  });

  it("removes what earlier runs have left, and nothing else", async () => {
    write(".ztna-new.0123", "half of a secr");
    Deno.symlinkSync(`${root}/victim`, `${root}/.ztna-new.4567`);
    write("victim", "untouched");
    write("ztna-new.x", "");
    await run(play([file("a", "1")]));
    assertEquals(names(), ["a", "victim", "ztna-new.x"]);
  });

  describe("on a file system", { skip: needsRoot }, () => {
    /** A shell in which `root` is a file system of its own, prepared by `setup`. */
    const mounted = (mount: string, setup: string): TestShell =>
      new TestShell({
        around: [
          "unshare",
          "--mount",
          "sh",
          "-ec",
          `mount -t tmpfs -o ${mount} none "$0"; ${setup}; exec "$@"`,
          root,
        ],
      });
    const list = (script: string): string => `${script}cd '${root}'; ls -A; cat a`;

    it("that is full fails, and leaves the old file and nothing of the new one", async () => {
      const shell = mounted("size=64k", `printf old > "$0/a"`);
      const plan = await planOf(play([file("a", "new".repeat(50_000))]), shell);
      const outcome = await applyPlan(shell, plan, { pendingDirectory, wrap: list });
      assertStringIncludes(failureOf(outcome), "No space left on device");
      assert(outcome.result.stdout.endsWith("\na\nold"), outcome.result.stdout);
    });

    it("that is read-only fails, and says so", async () => {
      const shell = mounted("size=64k", `printf old > "$0/a"; mount -o remount,ro "$0"`);
      const plan = await planOf(play([file("a", "new")]), shell);
      const outcome = await applyPlan(shell, plan, { pendingDirectory, wrap: list });
      assertStringIncludes(failureOf(outcome), "Read-only file system");
      assert(outcome.result.stdout.endsWith("\na\nold"), outcome.result.stdout);
    });
  });
});
