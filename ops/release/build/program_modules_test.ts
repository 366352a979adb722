import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type ModuleGraph, modulesOf } from "./program_modules.ts";
import { ReleaseError } from "./release_error.ts";

const code = (specifier: string): { specifier: string; code: { specifier: string } } => ({
  specifier,
  code: { specifier },
});

function graph(modules: ModuleGraph["modules"], redirects?: Record<string, string>): ModuleGraph {
  return { roots: ["file:///co/main.ts"], modules, ...redirects && { redirects } };
}

describe("modulesOf", () => {
  it("has files and packages that are imported when programs run, once each", () => {
    const first = graph([
      {
        specifier: "file:///co/main.ts",
        dependencies: [
          code("file:///co/b%20c.ts"),
          code("npm:p@1.0.0/sub.js"),
          code("node:fs"),
          // Only its types are wanted: it has no `code`.
          { specifier: "./types.ts" },
        ],
      },
      { specifier: "file:///co/b%20c.ts", dependencies: [code("file:///co/main.ts")] },
      { specifier: "file:///co/unused.ts" },
      { specifier: "npm:/@s/q@2.0.0-rc.1" },
    ], { "npm:p@1.0.0/sub.js": "npm:/p@1.0.0/sub.js" });
    const second = graph([
      { specifier: "file:///co/main.ts", dependencies: [code("npm:/@s/q@2.0.0-rc.1")] },
    ]);
    assertEquals(modulesOf([first, second], "/co"), {
      files: ["b c.ts", "main.ts"],
      packages: ["@s/q@2.0.0-rc.1", "p@1.0.0"],
    });
  });

  const refused: readonly (readonly [string, ModuleGraph["modules"], string])[] = [
    [
      "what is outside the checkout",
      [
        { specifier: "file:///co/main.ts", dependencies: [code("file:///co-2/x.ts")] },
        { specifier: "file:///co-2/x.ts" },
      ],
      'current value is "/co-2/x.ts"',
    ],
    [
      "what comes from the web",
      [
        { specifier: "file:///co/main.ts", dependencies: [code("https://x.example/m.ts")] },
        { specifier: "https://x.example/m.ts" },
      ],
      'current value is "https://x.example/m.ts"',
    ],
    [
      "what can't be read",
      [{ specifier: "file:///co/main.ts", error: "Module not found" }],
      '"file:///co/main.ts", "Module not found"',
    ],
    [
      "what can't be resolved",
      [{
        specifier: "file:///co/main.ts",
        dependencies: [{ specifier: "lost", code: { error: "not in the import map" } }],
      }],
      '"lost", "not in the import map"',
    ],
    ["what is missing", [], '"file:///co/main.ts"'],
  ];
  for (const [what, modules, part] of refused) {
    it(`refuses ${what}`, () => {
      const error = assertThrows(() => modulesOf([graph(modules)], "/co"), ReleaseError);
      assertStringIncludes(error.message, part);
    });
  }
});
