import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { packageFiles } from "./package_files.ts";
import type { LockedPackage } from "./package_lock.ts";
import type { ArchivedFile } from "./tar_reader.ts";
import { thirdPartyLicences } from "./third_party_licences.ts";

function archive(...files: readonly (readonly [string, string])[]): ArchivedFile[] {
  return files.map(([path, text]) => ({ path, contents: new TextEncoder().encode(text) }));
}

const locked: LockedPackage = {
  name: "@s/p",
  version: "1.0.0",
  integrity: "",
  dependencies: [],
  os: [],
  cpu: [],
};

describe("packageFiles", () => {
  it("keeps what can be loaded, and licences", () => {
    const kept = ["a.js", "a.cjs", "a.mjs", "package.json", "deep/b.node", "c.wasm", "LICENSE"];
    const more = ["LICENCE.md", "license-mit", "Copying", "NOTICE.txt"];
    const dropped = ["a.d.ts", "a.js.map", "a.ts", "README.md", "Makefile", "deep/LICENSES.ts"];
    const files = packageFiles(
      archive(...[...kept, ...more, ...dropped].map((path) => [`package/${path}`, ""] as const)),
      "node_modules/p",
    );
    assertEquals(
      files.map(({ path }) => path),
      [...kept, ...more].map((path) => `node_modules/p/${path}`),
    );
    assertEquals(files.some(({ executable }) => executable), false);
  });

  it("takes the first directory off, whatever it is called", () => {
    const [file] = packageFiles(archive(["p-1.0.0/x.js", "1"]), "node_modules/p");
    assertEquals(file?.path, "node_modules/p/x.js");
  });
});

describe("thirdPartyLicences", () => {
  it("has each package's text under its name, or what it declares", () => {
    const text = thirdPartyLicences([
      {
        locked,
        files: archive(["package/LICENSE", "Do as you like\n"], [
          "package/package.json",
          '{"license":"MIT"}',
        ]),
      },
      {
        locked: { ...locked, name: "q" },
        files: archive(["package/package.json", '{"license":"ISC"}']),
      },
      { locked: { ...locked, name: "r" }, files: archive(["package/package.json", "{"]) },
    ]);
    assertMatch(text, /\n@s\/p 1\.0\.0 \(MIT\)\n-+\nDo as you like\n/);
    assertMatch(text, /\nq 1\.0\.0 \(ISC\)\n/);
    assertMatch(text, /\nr 1\.0\.0 \(terms not declared\)\n/);
  });
});
