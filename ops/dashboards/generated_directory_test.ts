import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { GeneratedDirectory } from "./generated_directory.ts";

const files = [
  { path: "dashboards/generated/a/one.json", text: "{}\n" },
  { path: "dashboards/generated/two.yaml", text: "a: ü\n" },
  { path: "docs/metrics.md", text: "# Metrics\n" },
];

describe("GeneratedDirectory", () => {
  let root: string;
  let directory: GeneratedDirectory;
  beforeEach(() => {
    root = Deno.makeTempDirSync({ prefix: "ztna-generated-" });
    directory = new GeneratedDirectory(root);
  });
  afterEach(() => Deno.removeSync(root, { recursive: true }));

  function generate(): string[] {
    const changes = directory.changes(files);
    directory.apply(files, changes);
    return changes.map(({ path, change }) => `${change} ${path}`);
  }
  const write = (path: string, text: string): void =>
    Deno.writeTextFileSync(`${root}/${path}`, text);
  const read = (path: string): string => Deno.readTextFileSync(`${root}/${path}`);

  it("makes what is missing, and nothing a second time", () => {
    assertEquals(generate(), files.map(({ path }) => `created ${path}`));
    for (const { path, text } of files) assertEquals(read(path), text);
    assertEquals(generate(), []);
  });

  it("updates what differs, and removes what is not generated any more", () => {
    generate();
    write(files[1]!.path, "a: edited\n");
    write("dashboards/generated/a/gone.json", "");
    write("docs/handwritten.md", "stays");
    assertEquals(generate(), [
      "removed dashboards/generated/a/gone.json",
      "updated dashboards/generated/two.yaml",
    ]);
    assertEquals(read("dashboards/generated/two.yaml"), "a: ü\n");
    assertEquals(read("docs/handwritten.md"), "stays");
    assertEquals([...Deno.readDirSync(`${root}/dashboards/generated/a`)].length, 1);
  });

  it("replaces a link instead of writing where it points", () => {
    generate();
    write("elsewhere", "{}\n");
    Deno.removeSync(`${root}/${files[0]!.path}`);
    Deno.symlinkSync(`${root}/elsewhere`, `${root}/${files[0]!.path}`);
    Deno.symlinkSync(root, `${root}/dashboards/generated/everything`);
    assertEquals(generate(), [
      "updated dashboards/generated/a/one.json",
      "removed dashboards/generated/everything",
    ]);
    assertEquals(Deno.lstatSync(`${root}/${files[0]!.path}`).isFile, true);
    assertEquals(read("elsewhere"), "{}\n");
  });

  it("says which file can't be written, and leaves no half of one", () => {
    Deno.mkdirSync(`${root}/dashboards`);
    write("dashboards/generated", "a file in the way");
    const error = assertThrows(() => directory.changes(files), ConfigError);
    assertStringIncludes(error.message, "Cannot read generated files");
    Deno.removeSync(`${root}/dashboards/generated`);
    Deno.mkdirSync(`${root}/docs/metrics.md/in-the-way`, { recursive: true });
    assertThrows(() => generate(), ConfigError, "docs/metrics.md");
  });
});
