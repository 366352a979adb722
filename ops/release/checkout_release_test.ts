import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { contentDigest, releaseId } from "./checkout_release.ts";

describe("releaseId", () => {
  let root: string;
  const write = (path: string, text: string): void => {
    Deno.mkdirSync(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${root}/${path}`, text);
  };
  beforeEach(() => {
    root = Deno.makeTempDirSync({ prefix: "ztna-release-" });
    write("relay/main.ts", "a");
    write("tunnel/wire/udp.ts", "b");
    write("deno.json", '{"version":"1.2.3"}');
  });
  afterEach(() => Deno.removeSync(root, { recursive: true }));

  it("has the version and a digest", () => {
    assertMatch(releaseId(root), /^1\.2\.3-[0-9a-f]{12}$/);
    write("deno.json", "{}");
    assertMatch(releaseId(root), /^0\.0\.0-[0-9a-f]{12}$/);
  });

  const changes: { what: string; path: string; text: string }[] = [
    { what: "a changed file", path: "relay/main.ts", text: "A" },
    { what: "a new file", path: "connector/main.ts", text: "" },
    { what: "a changed configuration of Deno", path: "deno.json", text: '{"version":"1.2.4"}' },
    { what: "a new lock file", path: "deno.lock", text: "{}" },
    { what: "contents that moved to another file", path: "tunnel/wire/b.ts", text: "b" },
  ];
  for (const { what, path, text } of changes) {
    it(`changes with ${what}`, () => {
      const before = releaseId(root);
      write(path, text);
      if (path === "tunnel/wire/b.ts") Deno.removeSync(`${root}/tunnel/wire/udp.ts`);
      assertNotEquals(releaseId(root), before);
    });
  }

  for (const path of ["relay/main_test.ts", "relay/.swp", "ops/deploy.ts", "README.md"]) {
    it(`does not change with ${path}`, () => {
      const before = releaseId(root);
      write(path, "x");
      assertEquals(releaseId(root), before);
    });
  }

  it("does not depend on where the checkout is", () => {
    const elsewhere = Deno.makeTempDirSync({ prefix: "ztna-release-" });
    try {
      Deno.renameSync(root, `${elsewhere}/moved`);
      const moved = releaseId(`${elsewhere}/moved`);
      Deno.renameSync(`${elsewhere}/moved`, root);
      assertEquals(releaseId(root), moved);
    } finally {
      Deno.removeSync(elsewhere, { recursive: true });
    }
  });

  it("tells names and contents apart", () => {
    write("x/ab", "c");
    write("y/a", "bc");
    assertNotEquals(contentDigest(`${root}/x`, ["ab"]), contentDigest(`${root}/y`, ["a"]));
  });
});
