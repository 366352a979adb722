import { assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { applyPlan } from "./apply_plan.ts";
import { checkPlay } from "./check_play.ts";
import { gatherFacts } from "./gather_facts.ts";
import { isConverged, type Plan, planChanges } from "./plan.ts";
import type { Handler, Resource } from "./resource.ts";
import { currentAccount, needsLinux, TestShell } from "./test_shell.ts";

/** Names that shells, options and terminals trip over. */
const awkwardNames = [
  "-rf",
  "--",
  "a b",
  " ",
  "$(touch pwned)",
  "`touch pwned`",
  "'",
  '"',
  "\\",
  "a\nb",
  "\r",
  "\t",
  "*",
  "?[a]",
  "~",
  "#",
  ";exit 1",
  "|",
  "\u001b[2J",
  "é\u202e😀",
  ".hidden",
  "%s%n",
];

const name = fc.oneof(
  fc.constantFrom(...awkwardNames),
  fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter((text) =>
    !/[/\0]/.test(text) && text !== "." && text !== ".."
  ),
);
const fileMode = fc.constantFrom(0o600, 0o640, 0o644, 0o755, 0o4755, 0o000);
const directoryMode = fc.constantFrom(0o700, 0o755, 0o2775, 0o1777);
const contents = fc.oneof(
  fc.constantFrom("", "a\n", "no end", "'$(x)\n", "\0\0"),
  fc.uint8Array({ maxLength: 300 }),
  fc.nat(255).map((byte) => new Uint8Array(70_000).fill(byte)),
);

/** What is at a path before the play is applied. */
type Before = "nothing" | "wanted" | "file" | "link" | "fifo";
const before_ = fc.constantFrom<Before>("nothing", "wanted", "file", "link", "fifo");

/** A path in the making: `inside` chooses a directory among those in front. */
const entry = fc.record({
  kind: fc.constantFrom("directory", "file", "file", "link", "absent" as const),
  name,
  inside: fc.nat(),
  fileMode,
  directoryMode,
  contents,
  target: name,
  before: before_,
});
const tree = fc.array(entry, { minLength: 1, maxLength: 10 });
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

describe("a file tree", { skip: needsLinux }, () => {
  let base: string;
  const { owner, group } = currentAccount();
  before(async () => {
    base = await Deno.makeTempDir();
  });
  after(() => Deno.remove(base, { recursive: true }));

  /** The resources of a tree, with what is there before. */
  function plant(root: string, entries: readonly Entry[]): Resource[] {
    const directories = [root];
    const taken = new Set<string>();
    return entries.flatMap((entry, index): Resource[] => {
      const parent = directories[entry.inside % directories.length]!;
      const path = `${parent}/${entry.name}`;
      if (taken.has(path)) return [];
      taken.add(path);
      const id = `${entry.kind} ${index}`;
      const exists = isThere(parent);
      if (entry.kind === "directory") {
        directories.push(path);
        if (exists && entry.before !== "nothing") Deno.mkdirSync(path, { mode: 0o711 });
        return [{ kind: "directory", id, path, mode: entry.directoryMode, owner, group }];
      }
      if (exists) plantBefore(path, entry);
      switch (entry.kind) {
        case "file":
          return [{
            kind: "file",
            id,
            path,
            contents: entry.contents,
            mode: entry.fileMode,
            owner,
            group,
            notify: ["count"],
          }];
        case "link":
          return [{ kind: "link", id, path, target: entry.target, notify: ["count"] }];
        default:
          return [{ kind: "absent", id, path }];
      }
    });
  }

  function plantBefore(path: string, { before, kind, contents, fileMode, target }: Entry): void {
    switch (before) {
      case "wanted":
        if (kind === "link") Deno.symlinkSync(target, path);
        else if (kind === "file") {
          Deno.writeFileSync(path, bytesOf(contents));
          Deno.chmodSync(path, fileMode);
        }
        break;
      case "file":
        Deno.writeTextFileSync(path, "before");
        break;
      case "link":
        Deno.symlinkSync("/etc/hostname", path);
        break;
      case "fifo":
        assertEquals(new Deno.Command("mkfifo", { args: [path] }).outputSync().code, 0);
    }
  }

  it("is as it must be after one run, and the next run finds nothing to do", async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (entries) => {
        const root = `${base}/${number++}`;
        Deno.mkdirSync(root);
        const pendingDirectory = `${base}/pending`;
        const handlers: Handler[] = [{
          id: "count",
          summary: "count",
          script: `echo ran >> '${root}.log'`,
        }];
        const play = { resources: plant(root, entries), handlers };
        checkPlay(play);
        const shell = new TestShell();
        const options = { pendingDirectory, diff: true };
        const planNow = async (): Promise<Plan> =>
          planChanges(play, await gatherFacts(shell, play, options), { diff: true });

        const plan = await planNow();
        assertEquals(plan.conflicts, []);
        const { changed, handled, failed } = await applyPlan(shell, plan, { pendingDirectory });
        assertEquals(failed, undefined);
        assertEquals(changed, plan.changes);
        assertEquals(handled, plan.handlers);

        for (const resource of play.resources) assertIs(resource);
        assertEquals(isConverged(await planNow()), true);
        const log = isThere(`${root}.log`) ? Deno.readTextFileSync(`${root}.log`) : "";
        assertEquals(log, plan.handlers.length > 0 ? "ran\n" : "");
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

/** Checks with Deno's own eyes, not with our facts. */
function assertIs(resource: Resource): void {
  switch (resource.kind) {
    case "file": {
      const info = Deno.lstatSync(resource.path);
      assertEquals(info.isFile, true);
      assertEquals((info.mode ?? 0) & 0o7777, resource.mode);
      Deno.chmodSync(resource.path, 0o600);
      assertEquals(Deno.readFileSync(resource.path), bytesOf(resource.contents as Uint8Array));
      Deno.chmodSync(resource.path, resource.mode);
      break;
    }
    case "directory": {
      const info = Deno.lstatSync(resource.path);
      assertEquals(info.isDirectory, true);
      assertEquals((info.mode ?? 0) & 0o7777, resource.mode);
      break;
    }
    case "link":
      assertEquals(Deno.readLinkSync(resource.path), resource.target);
      break;
    case "absent":
      assertEquals(isThere(resource.path), false);
  }
}

function bytesOf(contents: string | Uint8Array): Uint8Array {
  return typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
