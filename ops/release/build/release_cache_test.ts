import { assertEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import type { Release } from "../release.ts";
import { ReleaseCache, sha256Of } from "./release_cache.ts";

const bytes = new TextEncoder().encode("an archive");

describe("ReleaseCache", () => {
  let directory: string;
  let cache: ReleaseCache;
  let release: Release;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-cache-" });
    cache = new ReleaseCache(directory);
    const archive = {
      kind: "release" as const,
      name: "1.0.0-abc",
      file: cache.archiveFile(sha256Of(bytes)),
      bytes: bytes.length,
      sha256: sha256Of(bytes),
      unpackedBytes: 1,
      unpackedFiles: 1,
      listingSha256: "",
    };
    release = {
      id: "1.0.0-abc",
      version: "1.0.0",
      platform: "linux-x64",
      deno: "2.9.6",
      archive,
      runtime: { ...archive, kind: "runtime", name: "deno-2.9.6", file: "/r.tgz", checksums: "x" },
    };
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  it("finds what it has kept, and nothing else", () => {
    cache.keep("inputs", release, bytes);
    assertEquals(new ReleaseCache(directory).find("inputs", "/r.tgz"), release);
    assertEquals(cache.find("inputs", "/elsewhere.tgz")?.runtime.file, "/elsewhere.tgz");
    assertEquals(cache.find("other", "/r.tgz"), undefined);
  });

  const damages: Readonly<Record<string, () => void>> = {
    "the archive is gone": () => Deno.removeSync(release.archive.file),
    "the archive has changed": () => Deno.writeTextFileSync(release.archive.file, "An archive"),
    "the description is cut off": () => Deno.truncateSync(`${directory}/inputs.json`, 20),
    "the description is another": () => Deno.writeTextFileSync(`${directory}/inputs.json`, "[1]"),
    "the description is of old": () =>
      Deno.writeTextFileSync(`${directory}/inputs.json`, '{"id":"1.0.0-abc"}'),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`finds nothing when ${what}`, () => {
      cache.keep("inputs", release, bytes);
      damage();
      assertEquals(cache.find("inputs", "/r.tgz"), undefined);
    });
  }

  it("forgets the oldest builds", () => {
    for (let build = 0; build < 30; build++) {
      const archive = new TextEncoder().encode(`build ${build}`);
      const sha256 = sha256Of(archive);
      const file = cache.archiveFile(sha256);
      cache.keep(
        `inputs${build}`,
        { ...release, archive: { ...release.archive, sha256, file } },
        archive,
      );
      const at = new Date(2026, 0, build + 1);
      for (const path of [file, `${directory}/inputs${build}.json`]) Deno.utimeSync(path, at, at);
    }
    const found = Array.from({ length: 30 }, (_, build) => cache.find(`inputs${build}`, "/r.tgz"));
    assertEquals(found.map((release) => release !== undefined), [
      ...Array<boolean>(10).fill(false),
      ...Array<boolean>(20).fill(true),
    ]);
  });
});
