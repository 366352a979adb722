import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { skipIf } from "../../../tests/support/required_tests.ts";
import { buildRelease } from "./build_release.ts";
import { gunzip } from "./gzip.ts";
import { npmRegistry, readNpmrcFiles } from "./npm_registry.ts";
import type { Release } from "../release.ts";
import { readTar } from "./tar_reader.ts";

const root = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");
const { url } = npmRegistry(readNpmrcFiles(root), Deno.env);
const skip = skipIf(
  Deno.build.os === "windows" || !await reachable(url),
  `the npm registry ${url} is not reachable`,
);

async function reachable(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Copies what a release is built from. */
async function copyCheckout(target: string): Promise<void> {
  const parts = ["relay", "connector", "tunnel", "ops", ".tool-versions", "LICENSE", "std.d.ts"]
    .concat("deno.json", "deno.lock");
  Deno.mkdirSync(target, { recursive: true });
  const { success } = await new Deno.Command("cp", {
    args: ["-R", ...parts.map((part) => `${root}/${part}`), target],
  }).output();
  assert(success);
}

/** Builds in a process of its own, with another umask and environment. */
async function buildElsewhere(
  checkout: string,
  cacheDirectory: string,
  environment: Readonly<Record<string, string>>,
): Promise<Release> {
  const program = new URL("test_build_program.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: [
      ...["-c", 'umask 077; exec "$@"', "sh", Deno.execPath()],
      ...["run", "-A", "--no-check", `--config=${root}/deno.json`, program],
      ...[checkout, cacheDirectory],
    ],
    env: environment,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as Release;
}

describe("buildRelease", { skip }, () => {
  const { signal } = new AbortController();
  let directory: string;
  let release: Release;
  let progress: [string, number, number | undefined][];

  before(async () => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-build-" });
    await copyCheckout(`${directory}/here`);
    progress = [];
    release = await build(`${directory}/here`);
  });
  after(() => Deno.removeSync(directory, { recursive: true }));

  /** Builds with what was fetched before, but without what was built before. */
  function build(checkout: string, cache = `${directory}/cache`): Promise<Release> {
    return buildRelease({
      checkout,
      platform: "linux-x64",
      cacheDirectory: cache,
      signal,
      onProgress: (...all) => progress.push(all),
    });
  }
  function freshCache(name: string): string {
    Deno.mkdirSync(`${directory}/${name}`);
    Deno.symlinkSync(`${directory}/cache/packages`, `${directory}/${name}/packages`);
    return `${directory}/${name}`;
  }
  async function paths(): Promise<string[]> {
    const files = readTar(await gunzip(Deno.readFileSync(release.archive.file), 1e9));
    return files.map(({ path }) => path);
  }

  it("has an ID of the version and what is in it", () => {
    const { version } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as {
      version: string;
    };
    assertEquals(release.version, version);
    assertMatch(release.id, /^[0-9.]+-[0-9a-f]{12}$/);
    assert(release.id.startsWith(`${version}-`));
    assertEquals(release.archive.name, release.id);
  });

  it("tells how far fetching Deno is", () => {
    const deno = progress.filter(([name]) => name === `@deno/linux-x64-glibc@${release.deno}`);
    assertEquals(deno.at(-1)?.slice(1), [release.runtime.bytes, release.runtime.bytes]);
  });

  it("is the same in another directory, with other times, umask, locale and time zone", async () => {
    const elsewhere = `${directory}/else where`;
    await copyCheckout(elsewhere);
    const { success } = await new Deno.Command("find", {
      args: [elsewhere, "-exec", "touch", "-d", "2001-02-03 04:05:06", "{}", "+"],
    }).output();
    assert(success);
    const again = await buildElsewhere(elsewhere, freshCache("cache-2"), {
      LC_ALL: "tr_TR.UTF-8",
      TZ: "Asia/Kathmandu",
      HOME: Deno.env.get("HOME") ?? "/",
    });
    assertEquals(again.id, release.id);
    assertNotEquals(again.archive.file, release.archive.file);
    assertEquals(
      Deno.readFileSync(again.archive.file),
      Deno.readFileSync(release.archive.file),
    );
    assertEquals({ ...again.runtime, file: "" }, { ...release.runtime, file: "" });
  });

  it("is found when it was built before, and not fetched again", async () => {
    progress = [];
    assertEquals(await build(`${directory}/here`), release);
    assertEquals(progress, []);
  });

  it("can be built by two at once", async () => {
    const cache = freshCache("cache-3");
    const both = await Promise.all(
      [1, 2].map(() => buildElsewhere(`${directory}/here`, cache, {})),
    );
    assertEquals(both.map(({ id }) => id), [release.id, release.id]);
    assertEquals([...Deno.readDirSync(`${cache}/releases`)].length, 2);
  });

  it("is another one when a program has changed, not when a test has", async () => {
    const changed = `${directory}/changed`;
    await copyCheckout(changed);
    Deno.writeTextFileSync(`${changed}/relay/more_test.ts`, "changed");
    assertEquals((await build(changed, freshCache("cache-4"))).id, release.id);
    Deno.writeTextFileSync(`${changed}/tunnel/errors.ts`, "\n// changed\n", { append: true });
    const other = await build(changed, `${directory}/cache-4`);
    assertNotEquals(other.id, release.id);
    assertEquals(other.runtime, (await build(`${directory}/here`, `${directory}/cache-4`)).runtime);
  });

  it("has the programs, what they need, and its description", async () => {
    const all = await paths();
    for (
      const path of [
        ...["bin/relay", "bin/connector", "bin/application", "relay/main.ts", "connector/main.ts"],
        ...["ops/local/application.ts", "deno.json", "runtime", "release.json", "SHA256SUMS"],
        ...["LICENSE", "THIRD_PARTY_LICENSES", "node_modules/prom-client/LICENSE"],
        "node_modules/@matrixai/quic-linux-x64/node.napi.node",
      ]
    ) assert(all.includes(path), path);
  });

  it("has nothing else", async () => {
    const known =
      /^(bin|relay|connector|tunnel|node_modules)\/|^ops\/local\/application\.ts$|^[^/]+$/;
    const unwanted = new RegExp(
      [
        /^(relay|connector|tunnel)\/(.*\/)?(test_|fake_|.*_test\.ts$)/,
        /\/quic-(?!linux-x64\/)/,
        /^node_modules\/.*\.(ts|map|md)$/,
      ].map(({ source }) => source).join("|"),
    );
    const surprising = (await paths()).filter((path) => !known.test(path) || unwanted.test(path));
    assertEquals(surprising, []);
  });

  it("stops when it is told to", async () => {
    const reason = new Error("interrupted");
    const options = { checkout: `${directory}/here`, platform: "linux-x64" as const };
    const cacheDirectory = `${directory}/cache-5`;
    const error = await assertRejects(() =>
      buildRelease({ ...options, cacheDirectory, signal: AbortSignal.abort(reason) })
    );
    assertEquals(error, reason);
  });
});
