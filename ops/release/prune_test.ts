import { assertEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { switchScript } from "./activation.ts";
import { hasStaleReleasesScript, parsePruned, pruneScript } from "./prune.ts";
import { makeTestRelease, TestHost } from "./test_host.ts";
import { uploadRelease } from "./upload.ts";

describe("parsePruned", () => {
  it("has names only", () => {
    assertEquals(parsePruned("removed a-1\nremoved ../x\nnoise\nremoved b+2.0\n"), [
      "a-1",
      "b+2.0",
    ]);
  });
});

describe("pruneScript", { skip: Deno.build.os !== "linux" }, () => {
  let laptop: string;
  let host: TestHost;
  /** IDs by version. */
  let ids: Record<string, string>;

  beforeEach(async () => {
    laptop = Deno.makeTempDirSync({ prefix: "ztna-laptop-" });
    host = await TestHost.open();
    ids = {};
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    Deno.removeSync(laptop, { recursive: true });
  });

  async function upload(version: string, deno = "9.9.9"): Promise<string> {
    const release = await makeTestRelease({ directory: laptop, version, deno });
    const options = { root: host.root, signal: new AbortController().signal };
    await uploadRelease(host.connection, release, await host.facts(release), options);
    return ids[version] = release.id;
  }
  const activate = async (version: string): Promise<void> => {
    await host.run(switchScript(ids[version]!, host.root));
  };
  const deploy = async (version: string, deno?: string): Promise<void> => {
    await upload(version, deno);
    await activate(version);
  };
  const prune = async (keep: number): Promise<string[]> =>
    parsePruned(await host.run(pruneScript(keep, host.root)));
  const hasStale = async (keep: number): Promise<boolean> =>
    await host.run(`if ${hasStaleReleasesScript(keep, host.root)}; then echo yes; fi`) === "yes\n";
  /** Versions of the releases that are there. */
  const versions = async (): Promise<string[]> =>
    [...(await host.facts()).releases].map((id) => id.split("-")[0]!).sort();

  it("does nothing on a fresh host", async () => {
    assertEquals(await prune(5), []);
    assertEquals(host.listing(), []);
  });

  it("keeps as many as it should, those that ran last", async () => {
    for (const version of ["1.0.0", "2.0.0", "3.0.0", "4.0.0"]) await deploy(version);
    await activate("1.0.0");
    assertEquals(await prune(5), []);
    assertEquals(await prune(3), [ids["2.0.0"]]);
    assertEquals(await versions(), ["1.0.0", "3.0.0", "4.0.0"]);
  });

  it("is told before whether it has something to do, by what changes nothing", async () => {
    assertEquals(await hasStale(2), false);
    for (const version of ["1.0.0", "2.0.0", "3.0.0"]) await deploy(version);
    const before = host.listing();
    assertEquals([await hasStale(2), await hasStale(3), host.listing()], [true, false, before]);
    await prune(2);
    assertEquals(await hasStale(2), false);
    Deno.mkdirSync(`${host.root}/.upload`);
    assertEquals(await hasStale(2), true);
    await prune(2);
    assertEquals(await hasStale(2), false);
  });

  it("keeps the current one and the one before it, whatever it is told", async () => {
    for (const version of ["1.0.0", "2.0.0", "3.0.0"]) await deploy(version);
    assertEquals(await prune(0), [ids["1.0.0"]]);
    assertEquals(await prune(-1), []);
    assertEquals(await versions(), ["2.0.0", "3.0.0"]);
  });

  it("does not take an undone release for the one before", async () => {
    for (const version of ["1.0.0", "2.0.0", "3.0.0"]) await deploy(version);
    // As a failed deploy puts it back.
    Deno.removeSync(`${host.root}/current`);
    Deno.symlinkSync(`releases/${ids["2.0.0"]}`, `${host.root}/current`);
    assertEquals(await prune(2), [ids["3.0.0"]]);
    assertEquals(await versions(), ["1.0.0", "2.0.0"]);
  });

  it("removes first what has never run", async () => {
    await deploy("1.0.0");
    await deploy("2.0.0");
    await upload("3.0.0");
    assertEquals(await prune(2), [ids["3.0.0"]]);
  });

  it("keeps what a process runs from, and its runtime", async () => {
    await deploy("1.0.0", "1.1.1");
    const main = `${host.root}/releases/${ids["1.0.0"]}/relay/main.ts`;
    // Started by its path, as launchers start programs.
    const process = new Deno.Command("sh", { args: ["-c", "read wait", main], stdin: "piped" })
      .spawn();
    try {
      for (const version of ["2.0.0", "3.0.0", "4.0.0"]) await deploy(version);
      assertEquals(await prune(2), [ids["2.0.0"]]);
      assertEquals(await versions(), ["1.0.0", "3.0.0", "4.0.0"]);
      assertEquals((await host.facts()).runtimes, new Set(["deno-1.1.1", "deno-9.9.9"]));
    } finally {
      await process.stdin.close();
      await process.status;
    }
    assertEquals((await prune(2)).sort(), [ids["1.0.0"], "deno-1.1.1"]);
  });

  it("removes what interrupted uploads have left, and nothing that is not ours", async () => {
    await deploy("1.0.0");
    Deno.mkdirSync(`${host.root}/.upload/deno-8.0.0.unpacked/x`, { recursive: true });
    Deno.writeTextFileSync(`${host.root}/.upload/deno-8.0.0`, "half");
    Deno.mkdirSync(`${host.root}/releases/not ours`);
    Deno.writeTextFileSync(`${host.root}/releases/notes.txt`, "");
    assertEquals(await prune(2), []);
    const left = host.listing().filter((path) => path.split("/").filter(Boolean).length <= 2);
    assertEquals(
      left,
      [
        "current",
        "releases/",
        "releases/.history",
        `releases/${ids["1.0.0"]}/`,
        "releases/not ours/",
        "releases/notes.txt",
        "runtime/",
        "runtime/deno-9.9.9/",
      ].sort(),
    );
  });

  it("keeps the list of activations short", async () => {
    await deploy("1.0.0");
    const lines = Array.from({ length: 500 }, (_, index) => `2026-01-01T00:00:00Z x-${index}\n`);
    const [last] = Deno.readTextFileSync(`${host.root}/releases/.history`).split("\n");
    Deno.writeTextFileSync(`${host.root}/releases/.history`, `${lines.join("")}${last}\n`);
    await prune(2);
    const left = Deno.readTextFileSync(`${host.root}/releases/.history`).trimEnd().split("\n");
    assertEquals([left.length, left.at(-1)], [200, last]);
  });
});
