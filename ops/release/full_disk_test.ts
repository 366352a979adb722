import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { HostError } from "../engine/errors.ts";
import { skipIf } from "../../tests/support/required_tests.ts";
import { canMount, SmallDisk } from "../../tests/support/small_disk.ts";
import { parsePlatformFacts, type PlatformFacts, platformFactsScript } from "./platform_facts.ts";
import type { Release } from "./release.ts";
import { requireSpace, spaceNeeded } from "./space_needed.ts";
import { makeTestRelease, TestHost } from "./test_host.ts";
import { uploadRelease } from "./upload.ts";

const megabyte = 1_000_000;
const { signal } = new AbortController();
const skip = skipIf(!canMount(), "mounting needs root: run them with sudo");

describe("a full disk", { skip }, () => {
  let laptop: string;
  let release: Release;
  beforeEach(async () => {
    laptop = Deno.makeTempDirSync({ prefix: "ztna-laptop-" });
    release = await makeTestRelease({ directory: laptop, version: "1.0.0", bytes: 2 * megabyte });
  });
  afterEach(() => Deno.removeSync(laptop, { recursive: true }));

  const platformOf = async (host: TestHost): Promise<PlatformFacts> =>
    parsePlatformFacts(await host.run(platformFactsScript(host.root)))!;

  const cases: readonly {
    readonly what: string;
    readonly disk: string;
    readonly earlier?: number;
  }[] = [
    { what: "before the archive has come", disk: "size=1m" },
    { what: "while the archive is unpacked", disk: "size=3m" },
    { what: "of inodes", disk: "size=10m,nr_inodes=9" },
    { what: "while an interrupted upload goes on", disk: "size=1m", earlier: 500_000 },
  ];
  for (const { what, disk: size, earlier = 0 } of cases) {
    it(`is found out ${what}, and left as it was`, async () => {
      await using disk = await SmallDisk.make(size);
      await using host = await TestHost.open(`${disk.path}/opt`);
      if (earlier > 0) {
        Deno.mkdirSync(`${host.root}/.upload`, { recursive: true });
        const begun = Deno.readFileSync(release.archive.file).subarray(0, earlier);
        Deno.writeFileSync(`${host.root}/.upload/${release.id}`, begun);
      }
      const facts = await host.facts(release);
      const error = await assertRejects(
        () => uploadRelease(host.connection, release, facts, { root: host.root, signal }),
        HostError,
      );
      assertStringIncludes(
        error.message,
        `Cannot upload release "${release.id}" to "local" as the file`,
      );
      assertStringIncludes(error.message, "what was uploaded has been removed");
      assertEquals(host.listing().filter((path) => !path.startsWith("runtime/")), ["releases/"]);
      // Preflight would have said so. Our reserve alone is more than these disks have.
      const platform = await platformOf(host);
      assertThrows(() => requireSpace("r1", release, facts, platform, host.root), HostError);
    });
  }

  it("goes on when there is room again", async () => {
    await using disk = await SmallDisk.make("size=6m");
    await using host = await TestHost.open(`${disk.path}/opt`);
    const { root, connection } = host;
    Deno.writeFileSync(`${disk.path}/ballast`, new Uint8Array(5 * megabyte));
    const attempt = async (): Promise<unknown> =>
      await uploadRelease(connection, release, await host.facts(release), { root, signal });
    await assertRejects(attempt, HostError, "make room and deploy again");
    Deno.removeSync(`${disk.path}/ballast`);
    await attempt();
    assert((await host.facts(release)).intact.has(release.id));
  });
});

describe("requireSpace", () => {
  const release: Release = {
    id: "1.0.0-a",
    version: "1.0.0",
    platform: "linux-x64",
    deno: "9.9.9",
    archive: archive("release", "1.0.0-a"),
    runtime: archive("runtime", "deno-9.9.9"),
  };
  const fresh = {
    current: undefined,
    releases: new Set<string>(),
    runtimes: new Set<string>(),
    intact: new Set<string>(),
    partialUploads: new Map<string, { bytes: number; sha256: string }>(),
    activations: [],
  };
  const roomy: PlatformFacts = {
    system: "Linux",
    machine: "x86_64",
    glibc: { major: 2, minor: 36 },
    distribution: "debian",
    distributionVersion: "12",
    systemdVersion: 252,
    freeBytes: 1e12,
    freeInodes: Infinity,
  };
  const all = {
    ...fresh,
    releases: new Set(["1.0.0-a"]),
    runtimes: new Set(["deno-9.9.9"]),
    intact: new Set(["1.0.0-a", "deno-9.9.9"]),
  };

  it("counts archives and what they become, as far as they are not there", () => {
    assertEquals(spaceNeeded(release, fresh), { bytes: 2 * 1100, files: 2 * 11 });
    const partialUploads = new Map([["1.0.0-a", { bytes: 40, sha256: "" }]]);
    assertEquals(spaceNeeded(release, { ...fresh, partialUploads }).bytes, 2 * 1100 - 40);
    assertEquals(spaceNeeded(release, { ...all, intact: new Set(["deno-9.9.9"]) }).bytes, 1100);
    assertEquals(spaceNeeded(release, all), { bytes: 0, files: 0 });
  });

  it("says how much is wanted, and how much is free", () => {
    requireSpace("r1", release, fresh, roomy);
    const message = (facts: Partial<PlatformFacts>): string =>
      assertThrows(() => requireSpace("r1", release, fresh, { ...roomy, ...facts }), HostError)
        .message;
    const wanted = 2200 + 64 * 1024 * 1024;
    assertStringIncludes(
      message({ freeBytes: wanted - 1 }),
      `of "/opt/ztna" must have ${wanted} bytes free: current value is ${wanted - 1}; make room`,
    );
    assertStringIncludes(
      message({ freeInodes: 21 }),
      "must have 22 inodes free: current value is 21",
    );
  });

  it("wants nothing for what is there", () => {
    requireSpace("r1", release, all, { ...roomy, freeBytes: 0, freeInodes: 0 });
  });
});

function archive(kind: "release" | "runtime", name: string): Release["archive"] {
  const sizes = { bytes: 100, unpackedBytes: 1000, unpackedFiles: 10 };
  return { kind, name, file: "", sha256: "", listingSha256: "", ...sizes };
}
