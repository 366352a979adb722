import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { generateFiles } from "./generate.ts";

const root = new URL("../", import.meta.url);
/** Nothing but generated files is in it. */
const generatedDirectory = "dashboards/generated/";

async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(directory, root))) {
    if (isDirectory) found.push(...await filesBelow(`${directory}${name}/`));
    else found.push(`${directory}${name}`);
  }
  return found;
}

describe("generateFiles", () => {
  it("makes the files that are checked in; if not: run `deno task dashboards`", async () => {
    const stale: string[] = [];
    for (const { path, text } of generateFiles()) {
      const onDisk = await Deno.readTextFile(new URL(path, root)).catch(() => undefined);
      if (onDisk !== text) stale.push(path);
    }
    assertEquals(stale, [], "out of date: run `deno task dashboards`");
  });

  it("makes everything that is in dashboards/generated", async () => {
    const made = new Set(generateFiles().map(({ path }) => path));
    const left = (await filesBelow(generatedDirectory)).filter((path) => !made.has(path));
    assertEquals(left, [], "nothing makes them any more: remove them");
  });

  it("makes the same bytes every time", () => {
    assertEquals(generateFiles(), generateFiles());
  });

  it("makes each path once, in order, below the checkout", () => {
    const paths = generateFiles().map(({ path }) => path);
    assertEquals(paths, [...new Set(paths)].sort());
    assertEquals(
      paths.filter((path) => !/^(dashboards\/generated|docs)\/[\w./-]+$/.test(path)),
      [],
    );
  });
});
