import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { HostError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Facts } from "./facts.ts";
import { gatherFacts, type GatherFactsOptions } from "./gather_facts.ts";
import { maxDiffBytes } from "./limits.ts";
import type { FileResource, Play, Resource } from "./resource.ts";
import { currentAccount, needsLinux, TestShell } from "./test_shell.ts";

const account = currentAccount();

describe("gathering facts", { skip: needsLinux }, () => {
  let root: string;
  beforeEach(async () => {
    root = await Deno.makeTempDir();
  });
  afterEach(() => Deno.remove(root, { recursive: true }));

  const file = (name: string, contents: FileResource["contents"]): FileResource => ({
    kind: "file",
    id: name,
    path: `${root}/${name}`,
    contents,
    mode: 0o640,
    ...account,
  });
  const gather = (
    resources: readonly Resource[],
    options: GatherFactsOptions = {},
    shell = new TestShell(),
  ): Promise<Facts> => gatherFacts(shell, { resources, handlers: [] }, options);

  it("asks for nothing when a play needs nothing", async () => {
    const facts = await gather([]);
    assertEquals(facts.paths.size, 0);
    assertEquals(facts.pendingHandlers.size, 0);
  });

  it("changes nothing", async () => {
    await gather([
      file("a", "1"),
      { kind: "link", id: "l", path: `${root}/l`, target: "a" },
      { kind: "absent", id: "x", path: `${root}/x` },
    ], { diff: true });
    assertEquals([...Deno.readDirSync(root)], []);
  });

  it("takes digests of regular files of the wanted size only", async () => {
    for (const name of ["same", "longer"]) Deno.writeTextFileSync(`${root}/${name}`, "12345");
    Deno.symlinkSync("same", `${root}/link`);
    const { paths } = await gather([
      file("same", "abcde"),
      file("longer", "abc"),
      file("link", "abcde"),
      file("missing", "abcde"),
    ]);
    const has = (name: string): (string | undefined)[] => {
      const fact = paths.get(`${root}/${name}`);
      return [fact?.type, fact?.sha256?.slice(0, 8)];
    };
    assertEquals(has("same"), ["file", "5994471a"]);
    assertEquals(has("longer"), ["file", undefined]);
    assertEquals(has("link"), ["link", undefined]);
    assertEquals(has("missing"), [undefined, undefined]);
  });

  it("reads the targets of links that are declared, whatever they point to", async () => {
    const targets = ["a", "b\nc", "$(x)", "-n", "é"];
    const links = targets.map((target, index): Resource => {
      Deno.symlinkSync(target, `${root}/${index}`);
      return { kind: "link", id: `${index}`, path: `${root}/${index}`, target: "elsewhere" };
    });
    const { paths } = await gather(links);
    assertEquals(targets.map((_, index) => paths.get(`${root}/${index}`)?.target), targets);
  });

  it("fetches contents for a diff, but no secrets, no links and not more than is shown", async () => {
    Deno.writeTextFileSync(`${root}/text`, "old");
    Deno.writeTextFileSync(`${root}/key`, "secret");
    Deno.writeFileSync(`${root}/large`, new Uint8Array(2 * maxDiffBytes));
    Deno.symlinkSync("/etc/hostname", `${root}/link`);
    const resources = [
      file("text", "new"),
      file("key", new Secret("new")),
      file("large", "new"),
      file("link", "new"),
    ];
    const contents = async (diff: boolean): Promise<(number | undefined)[]> => {
      const { paths } = await gather(resources, { diff });
      return resources.map(({ path }) => paths.get(path)?.contents?.length);
    };
    assertEquals(await contents(true), [3, undefined, maxDiffBytes + 1, undefined]);
    assertEquals(await contents(false), [undefined, undefined, undefined, undefined]);
  });

  it("knows which parents are directories, or lead to one", async () => {
    Deno.mkdirSync(`${root}/real`);
    Deno.symlinkSync("real", `${root}/link`);
    Deno.writeTextFileSync(`${root}/file`, "");
    const { parents } = await gather(
      ["real", "link", "file", "missing"].map((parent) => file(`${parent}/a`, "")),
    );
    assertEquals([...parents], [`${root}/real`, `${root}/link`]);
  });

  it("knows users and groups that are there", async () => {
    const { users, groups } = await gather([
      { kind: "user", id: "daemon", name: "daemon", home: "/usr/sbin" },
      { kind: "user", id: "nemo", name: "ztna-nemo", home: "/nonexistent" },
    ]);
    assertEquals(users.get("daemon")?.uid, 1);
    assertEquals(groups.get("daemon"), 1);
    assert(!users.has("ztna-nemo") && !groups.has("ztna-nemo"));
  });

  it("knows what the kernel has, and whether it can be set", async () => {
    const { sysctls } = await gather([
      { kind: "sysctl", id: "a", name: "kernel.ostype", value: 1 },
      { kind: "sysctl", id: "b", name: "net.core.nothing", value: 1 },
      { kind: "sysctl", id: "c", name: "kernel.threads-max", value: 1 },
    ]);
    assertEquals(sysctls.get("kernel.ostype")?.value, undefined);
    assertEquals(sysctls.get("net.core.nothing")?.access, "missing");
    const threads = Number(Deno.readTextFileSync("/proc/sys/kernel/threads-max"));
    assertEquals(sysctls.get("kernel.threads-max")?.value, threads);
  });

  it("asks conditions in shells of their own", async () => {
    const conditions = [
      "true",
      "false",
      "exit 0",
      "set -- 1; [ $# = 1 ]",
      "if then (",
      "cat; echo",
    ];
    const { conditions: facts } = await gather(
      conditions.map((unless, index): Resource => ({
        kind: "command",
        id: `${index}`,
        summary: "do",
        unless,
        script: "true",
      })),
    );
    assertEquals([...facts.values()], [true, false, true, true, false, true]);
  });

  it("knows the handlers that are due", async () => {
    const pendingDirectory = `${root}/pending`;
    Deno.mkdirSync(pendingDirectory);
    Deno.writeTextFileSync(`${pendingDirectory}/b`, "");
    const handlers = ["a", "b"].map((id) => ({ id, summary: id, script: "true" }));
    const play: Play = { resources: [], handlers };
    const { pendingHandlers } = await gatherFacts(new TestShell(), play, { pendingDirectory });
    assertEquals([...pendingHandlers], ["b"]);
  });

  it("brings the output of extra scripts as it is, each with its exit code", async () => {
    const scripts = [
      "printf 'no end'",
      "echo; echo",
      "exit 3",
      "if then (",
      "cat; echo $#",
      "ls -d /et[c]",
      "printf '\\n\\nend\\n'",
    ];
    const { extras } = await gather([file("a", "")], {
      extras: scripts.map((script, index) => ({ id: `${index}`, script })),
    });
    const outputs = [...extras.values()].map(({ code, stdout }) => [code, stdout]);
    assertEquals(outputs, [
      [0, "no end"],
      [0, "\n\n"],
      [3, ""],
      [2, ""],
      [0, "0\n"],
      [0, "/etc\n"],
      [0, "\n\nend\n"],
    ]);
  });

  it("lets extra scripts see what the text in front of them has set", async () => {
    const { extras } = await gather([], {
      prelude: "told=$(cat; echo yes)\n",
      extras: [{ id: "a", script: 'echo "$told"; told=no' }, { id: "b", script: 'echo "$told"' }],
    });
    assertEquals([...extras.values()].map(({ stdout }) => stdout), ["yes\n", "yes\n"]);
  });

  it("takes a part for empty that can't be read, if told so, and says which", async () => {
    const units: Resource = {
      ...{ kind: "service", id: "service:a.service", unit: "a.service" },
      ...{ enabled: true, active: true },
    };
    const told: string[] = [];
    const { extras } = await gather([units], {
      prelude: "systemctl() { echo nonsense; }\n",
      extras: [{ id: "a", script: "echo well" }],
      onMalformed: (what) => told.push(what),
    });
    assertEquals(extras.get("a")?.stdout, "well\n");
    assertEquals(told.length, 1);
    assertStringIncludes(told[0]!, 'its part "units"');
  });

  it("says which part is missing, and what the host wrote", async () => {
    const shell = new TestShell({ around: ["sh", "-c", "echo 'sh: \u001b[2Jno' >&2; exit 5"] });
    const error = await assertRejects(() => gather([file("a", "")], {}, shell), HostError);
    assertEquals(
      error.message,
      `Cannot read the facts of host "here" as its answer is not what was asked for: it ends before ` +
        `its part "paths". Run again with -vv to see what the host prints. The script ended with ` +
        String.raw`exit code 5, and wrote "sh: \u001b[2Jno"`,
    );
  });
});
