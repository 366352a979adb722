import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../tunnel/errors.ts";
import { readBuildInputs } from "./build_inputs.ts";

const root = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");

describe("readBuildInputs", () => {
  let checkout: string;
  const write = (path: string, text: string): void => {
    Deno.mkdirSync(`${checkout}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${checkout}/${path}`, text);
  };
  const digest = (): string => readBuildInputs(checkout, "linux-x64").digest;

  beforeEach(() => {
    checkout = Deno.makeTempDirSync({ prefix: "ztna-inputs-" });
    for (
      const file of ["deno.json", "deno.lock", ".tool-versions", "ops/release/build/runtime.lock"]
    ) {
      write(file, Deno.readTextFileSync(`${root}/${file}`));
    }
    write("relay/main.ts", "");
  });
  afterEach(() => Deno.removeSync(checkout, { recursive: true }));

  it("pins this checkout's Deno, for every platform that is built for", () => {
    const { deno, runtimeLock } = readBuildInputs(root, "linux-x64");
    assertEquals(runtimeLock.packages.has(`@deno/linux-x64-glibc@${deno}`), true);
  });

  for (
    const file of [
      ...["relay/main.ts", "tunnel/x.ts", "connector/x.ts", "ops/release/x.ts", "LICENSE"],
      ...["ops/local/application.ts", "ops/fleet/host_paths.ts"],
    ]
  ) {
    it(`has another digest with another ${file}`, () => {
      const before = digest();
      write(file, "changed");
      assertNotEquals(digest(), before);
    });
  }

  for (const file of ["relay/main_test.ts", "ops/deploy.ts", "README.md", "tests/run.ts"]) {
    it(`has the same digest with another ${file}`, () => {
      const before = digest();
      write(file, "changed");
      assertEquals(digest(), before);
    });
  }

  const mistakes: readonly (readonly [string, string, string, string])[] = [
    ["no version of Deno", ".tool-versions", "node 24\n", 'must have a line "deno VERSION"'],
    [
      "a version that is not pinned",
      ".tool-versions",
      "deno 9.9.9\n",
      "ops/release/build/pin_runtime.ts",
    ],
    ["no version", "deno.json", "{}", 'current value is "undefined"'],
    ["a version for shells", "deno.json", '{"version":"1.0.0-$(id)"}', '"1.0.0-$(id)"'],
    ["a version upwards", "deno.json", '{"version":"../1"}', '"../1"'],
    ["a lock of another format", "deno.lock", '{"version":"3"}', '"deno.lock"'],
  ];
  for (const [what, file, text, part] of mistakes) {
    it(`refuses ${what}`, () => {
      write(file, text);
      const error = assertThrows(() => readBuildInputs(checkout, "linux-x64"), ConfigError);
      assertStringIncludes(error.message, part);
    });
  }
});
