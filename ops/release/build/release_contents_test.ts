import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { completeRelease, type ReleaseContents, textFile } from "./release_contents.ts";

const description = {
  version: "1.2.3",
  deno: "2.9.6",
  platform: "linux-x64",
  packages: ["p@1.0.0"],
} as const;
const files = [textFile("relay/main.ts", "a"), textFile("bin/relay", "b", true)];

function text({ files }: ReleaseContents, path: string): string {
  return new TextDecoder().decode(files.find((file) => file.path === path)?.contents);
}

describe("completeRelease", () => {
  const release = completeRelease(files, description);

  it("names a release by its version and a digest", () => {
    assertMatch(release.manifest.id, /^1\.2\.3-[0-9a-f]{12}$/);
    assertEquals(JSON.parse(text(release, "release.json")), {
      schema: 1,
      id: release.manifest.id,
      ...description,
    });
  });

  it("has checksums that sha256sum takes, of every file but their own", async () => {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-contents-" });
    try {
      for (const { path, contents } of release.files) {
        Deno.mkdirSync(`${directory}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
        Deno.writeFileSync(`${directory}/${path}`, contents);
      }
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", 'cd "$1" && sha256sum --strict -c SHA256SUMS', "sh", directory],
      }).output();
      assertEquals(
        new TextDecoder().decode(stdout),
        "bin/relay: OK\nrelay/main.ts: OK\nrelease.json: OK\n",
      );
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });

  it("does not depend on the order of files", () => {
    assertEquals(completeRelease(files.toReversed(), description).manifest, release.manifest);
    assertEquals(
      text(completeRelease(files.toReversed(), description), "SHA256SUMS"),
      text(release, "SHA256SUMS"),
    );
  });

  const changes: Readonly<Record<string, () => ReleaseContents>> = {
    "another file": () => completeRelease([...files, textFile("c", "")], description),
    "a file that is gone": () => completeRelease(files.slice(1), description),
    "another name": () => completeRelease([files[0]!, textFile("bin/r", "b", true)], description),
    "other contents": () => completeRelease([files[0]!, textFile("bin/relay", "B")], description),
    "another version of Deno": () => completeRelease(files, { ...description, deno: "2.9.7" }),
    "another package": () => completeRelease(files, { ...description, packages: [] }),
  };
  for (const [what, make] of Object.entries(changes)) {
    it(`has another ID with ${what}`, () => {
      assertNotEquals(make().manifest.id, release.manifest.id);
    });
  }
});
