import { assertEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { switchScript } from "./activation.ts";
import {
  isThere,
  parseReleaseFacts,
  type ReleaseFacts,
  rollbackCandidates,
} from "./release_facts.ts";
import { makeTestRelease, TestHost } from "./test_host.ts";
import { uploadRelease } from "./upload.ts";

const nothing: ReleaseFacts = {
  current: undefined,
  releases: new Set(),
  runtimes: new Set(),
  intact: new Set(),
  partialUploads: new Map(),
  activations: [],
};

describe("parseReleaseFacts", () => {
  const sha256 = "0123456789abcdef".repeat(4);
  const cases: readonly (readonly [string, string, Partial<ReleaseFacts>])[] = [
    ["nothing", "", {}],
    ["noise", "Welcome to r1!\n\u001b[31mcurrent\nreleases\nupload x\n", {}],
    ["a current release", "current releases/1.0.0-a\n", { current: "1.0.0-a" }],
    ["a link to elsewhere", "current /srv/ztna\n", {}],
    ["a link upwards", "current releases/../x\n", {}],
    ["releases and runtimes", "releases 1.0.0-a\nreleases 2.0.0-b+c\nruntime deno-2.9.6\n", {
      releases: new Set(["1.0.0-a", "2.0.0-b+c"]),
      runtimes: new Set(["deno-2.9.6"]),
    }],
    ["names that are not ours", "releases .hidden\nreleases a;b\nruntime -rf\nintact a/b\n", {}],
    ["a partial upload", `upload deno-2.9.6 1000 ${sha256}  -\n`, {
      partialUploads: new Map([["deno-2.9.6", { bytes: 1000, sha256 }]]),
    }],
    ["a partial upload without a size", `upload deno-2.9.6  ${sha256}\n`, {}],
    ["activations", "activated 2026-01-01T00:00:00Z a\nactivated torn\nactivated t b\n", {
      activations: ["a", "b"],
    }],
  ];
  for (const [what, output, difference] of cases) {
    it(`reads ${what}`, () => {
      assertEquals(parseReleaseFacts(output), { ...nothing, ...difference });
    });
  }

  it("takes any output", () => {
    const words = fc.constantFrom("current", "releases", "upload", "activated", "intact", "../..");
    const line = fc.array(fc.oneof(words, fc.string())).map((parts) => parts.join(" "));
    fc.assert(fc.property(fc.array(line), (lines) => {
      parseReleaseFacts(lines.join("\n"));
    }));
  });
});

describe("rollbackCandidates", () => {
  const cases: readonly {
    readonly what: string;
    readonly current: string | undefined;
    readonly activations: readonly string[];
    readonly there?: readonly string[];
    readonly expected: readonly string[];
  }[] = [
    {
      what: "those before, the last one first",
      current: "c",
      activations: ["a", "b", "c"],
      expected: ["b", "a"],
    },
    { what: "each once", current: "c", activations: ["a", "b", "a", "c"], expected: ["a", "b"] },
    {
      what: "the one that was left by going back",
      current: "a",
      activations: ["a", "b", "a"],
      expected: ["b"],
    },
    {
      what: "no release that was undone",
      current: "b",
      activations: ["a", "b", "c"],
      expected: ["a"],
    },
    {
      what: "none that is gone",
      current: "c",
      activations: ["a", "b", "c"],
      there: ["a", "c"],
      expected: ["a"],
    },
    {
      what: "all when nothing is current",
      current: undefined,
      activations: ["a", "b"],
      expected: ["b", "a"],
    },
    { what: "none on a host with one release", current: "a", activations: ["a"], expected: [] },
  ];
  for (const { what, current, activations, there = ["a", "b", "c"], expected } of cases) {
    it(`has ${what}`, () => {
      const facts = { ...nothing, current, activations, releases: new Set(there) };
      assertEquals(rollbackCandidates(facts), expected);
    });
  }
});

describe("releaseFactsScript", { skip: Deno.build.os !== "linux" }, () => {
  let laptop: string;
  beforeEach(() => {
    laptop = Deno.makeTempDirSync({ prefix: "ztna-laptop-" });
  });
  afterEach(() => Deno.removeSync(laptop, { recursive: true }));

  it("tells of a fresh host", async () => {
    await using host = await TestHost.open();
    const release = await makeTestRelease({ directory: laptop, version: "1.0.0" });
    assertEquals(await host.facts(release), nothing);
    assertEquals(await host.facts(), nothing);
    assertEquals(host.listing(), []);
  });

  it("tells what is there, and what of the wanted release is whole", async () => {
    await using host = await TestHost.open();
    const { connection, root } = host;
    const { signal } = new AbortController();
    const [first, second] = [
      await makeTestRelease({ directory: laptop, version: "1.0.0" }),
      await makeTestRelease({ directory: laptop, version: "2.0.0" }),
    ];
    for (const release of [first, second]) {
      await uploadRelease(connection, release, await host.facts(release), { root, signal });
      await host.run(switchScript(release.id, root));
    }
    const facts = await host.facts(second);
    assertEquals(facts, {
      current: second.id,
      releases: new Set([first.id, second.id]),
      runtimes: new Set([second.runtime.name]),
      intact: new Set([second.id, second.runtime.name]),
      partialUploads: new Map(),
      activations: [first.id, second.id],
    });
    assertEquals(isThere(first.archive, facts), false);
    assertEquals(isThere(first.archive, await host.facts(first)), true);
  });

  const damages: Readonly<Record<string, (release: string) => void>> = {
    "a file is missing": (release) => Deno.removeSync(`${release}/deep/er/data`),
    "a file is cut off": (release) => Deno.truncateSync(`${release}/deep/er/data`, 10),
    "a file is too many": (release) => Deno.writeTextFileSync(`${release}/bin/more`, ""),
    "the checksums are missing": (release) => Deno.removeSync(`${release}/SHA256SUMS`),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`does not call a release whole when ${what}; an upload mends it`, async () => {
      await using host = await TestHost.open();
      const { connection, root } = host;
      const options = { root, signal: new AbortController().signal };
      const release = await makeTestRelease({ directory: laptop, version: "1.0.0" });
      await uploadRelease(connection, release, await host.facts(release), options);
      const listing = host.listing();
      damage(`${root}/releases/${release.id}`);
      const damaged = await host.facts(release);
      assertEquals(damaged.intact, new Set([release.runtime.name]));
      const { sentBytes } = await uploadRelease(connection, release, damaged, options);
      assertEquals(sentBytes, release.archive.bytes);
      assertEquals(host.listing(), listing);
      assertEquals(isThere(release.archive, await host.facts(release)), true);
    });
  }
});
