import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../tunnel/errors.ts";
import { packageClosure, parsePackageLock } from "./package_lock.ts";

const integrity = `sha512-${"A".repeat(86)}==`;

function lockText(npm: Readonly<Record<string, unknown>>, version = "5"): string {
  const entries = Object.entries(npm).map(([key, value]) => [
    key,
    { integrity, ...value as Record<string, unknown> },
  ]);
  return JSON.stringify({ version, npm: Object.fromEntries(entries) });
}

const platform = { os: "linux", cpu: "x64" };

describe("parsePackageLock", () => {
  it("splits names, scopes and versions, and finds what a short name means", () => {
    const { packages } = parsePackageLock(
      lockText({
        "@a/b@1.0.0": { dependencies: ["c", "d@2.0.0"] },
        "c@1.0.0-rc.1": {},
        "d@1.0.0": {},
        "d@2.0.0": { optionalDependencies: ["e"] },
        "e@3.0.0_c@1.0.0-rc.1": { os: ["linux"], cpu: ["arm64"] },
      }),
      "deno.lock",
    );
    assertEquals([...packages.values()].map(({ name, version }) => [name, version]), [
      ["@a/b", "1.0.0"],
      ["c", "1.0.0-rc.1"],
      ["d", "1.0.0"],
      ["d", "2.0.0"],
      ["e", "3.0.0"],
    ]);
    assertEquals(packages.get("@a/b@1.0.0")?.dependencies, ["c@1.0.0-rc.1", "d@2.0.0"]);
    assertEquals(packages.get("d@2.0.0")?.dependencies, ["e@3.0.0_c@1.0.0-rc.1"]);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ["something else", "[", 'its version must be 5: current value is "nothing"'],
    ["another format", lockText({}, "4"), String.raw`current value is "\"4\""`],
    ["no integrity", lockText({ "a@1.0.0": { integrity: undefined } }), '"a@1.0.0" an integrity'],
    ["a weak integrity", lockText({ "a@1.0.0": { integrity: "sha1-AAAA" } }), "SHA-512"],
    ["a missing dependency", lockText({ "a@1.0.0": { dependencies: ["b"] } }), String.raw`"\"b\""`],
    [
      "an ambiguous dependency",
      lockText({ "a@1.0.0": { dependencies: ["b"] }, "b@1.0.0": {}, "b@2.0.0": {} }),
      '"a@1.0.0" depends on',
    ],
  ];
  for (const [what, text, part] of refused) {
    it(`refuses ${what}`, () => {
      const error = assertThrows(() => parsePackageLock(text, "deno.lock"), ConfigError);
      assertStringIncludes(error.message, 'Cannot use the lock file "deno.lock" as ');
      assertStringIncludes(error.message, part);
    });
  }
});

describe("packageClosure", () => {
  const lock = parsePackageLock(
    lockText({
      "a@1.0.0": { dependencies: ["b", "c"] },
      "b@1.0.0": { dependencies: ["a"], optionalDependencies: ["b-linux", "b-mac", "b-arm"] },
      "b-linux@1.0.0": { os: ["linux"], cpu: ["x64", "arm64"] },
      "b-mac@1.0.0": { os: ["darwin"] },
      "b-arm@1.0.0": { os: ["linux"], cpu: ["arm64"] },
      "c@1.0.0": {},
      "unused@1.0.0": {},
    }),
    "deno.lock",
  );
  const names = (roots: readonly string[]): string[] =>
    packageClosure(lock, roots, platform).map(({ name }) => name);

  it("has what the platform needs of everything that is depended on, circles too", () => {
    assertEquals(names(["a@1.0.0"]), ["a", "b-linux", "b", "c"]);
  });

  it("does not depend on the order in which it is asked", () => {
    assertEquals(names(["c@1.0.0", "unused@1.0.0"]), names(["unused@1.0.0", "c@1.0.0"]));
  });

  it("names a package that is not pinned", () => {
    const error = assertThrows(() => names(["x@1.0.0"]), ConfigError);
    assertStringIncludes(error.message, '"x@1.0.0"');
  });
});
