import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  archiveUrl,
  authorizationFor,
  type NpmRegistry,
  npmRegistry,
  packageUrl,
} from "./npm_registry.ts";

function registry(files: readonly string[], environment: Record<string, string> = {}): NpmRegistry {
  return npmRegistry(files, new Map(Object.entries(environment)));
}

describe("npmRegistry", () => {
  const rc = "registry = https://one.example/npm";
  const cases: readonly (readonly [string, NpmRegistry, string])[] = [
    ["npm's without settings", registry([]), "https://registry.npmjs.org/"],
    ["that of .npmrc", registry([rc]), "https://one.example/npm/"],
    [
      "that of the strongest .npmrc",
      registry([rc, 'registry="https://two.example/"']),
      "https://two.example/",
    ],
    [
      "that of the environment",
      registry([rc], { NPM_CONFIG_REGISTRY: "http://3.example" }),
      "http://3.example/",
    ],
    [
      "npm's for an empty variable",
      registry([], { NPM_CONFIG_REGISTRY: "" }),
      "https://registry.npmjs.org/",
    ],
    [
      "no commented one",
      registry(["# registry=https://x.example\n;registry=https://y.example"]),
      "https://registry.npmjs.org/",
    ],
  ];
  for (const [what, { url }, expected] of cases) {
    it(`takes ${what}`, () => assertEquals(url, expected));
  }

  it("has registries of scopes", () => {
    const found = registry(["@a:registry=https://a.example/x\r\nregistry=https://b.example/"]);
    assertEquals(archiveUrl(found, "@a/p", "1.2.3"), "https://a.example/x/@a/p/-/p-1.2.3.tgz");
    assertEquals(archiveUrl(found, "@b/p", "1.2.3"), "https://b.example/@b/p/-/p-1.2.3.tgz");
    assertEquals(archiveUrl(found, "p", "1.2.3"), "https://b.example/p/-/p-1.2.3.tgz");
    assertEquals(packageUrl(found, "@a/p"), "https://a.example/x/@a%2fp");
  });

  it("lets nobody but the registry see a token", () => {
    const found = registry([
      [
        "//a.example/:_authToken=${TOKEN}",
        "//a.example/deep/:_authToken=deep",
        "//b.example/npm/:_auth=YTpi",
        "//c.example/:username=me",
        `//c.example/:_password=${btoa("p@ss")}`,
        "//d.example/:username=only",
        "//e.example/:_authToken=${UNSET}",
      ].join("\n"),
    ], { TOKEN: "t0" });
    const expected: Record<string, string | undefined> = {
      "https://a.example/p": "Bearer t0",
      "https://a.example/deep/p": "Bearer deep",
      "https://a.example.evil.example/p": undefined,
      "https://evil.example//a.example/": undefined,
      "https://b.example/npm/p": "Basic YTpi",
      "https://b.example/other": undefined,
      "https://c.example/p": `Basic ${btoa("me:p@ss")}`,
      "https://d.example/p": undefined,
      "https://e.example/p": "Bearer ${UNSET}",
    };
    for (const [url, authorization] of Object.entries(expected)) {
      assertEquals(authorizationFor(found, url), authorization, url);
    }
  });
});
