import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

const root = new URL("../", import.meta.url);

/** The rooms of the house, and the rooms and files that each may import besides itself (CONTRIBUTING.md). */
const mayImport: Record<string, readonly string[]> = {
  tunnel: [],
  relay: ["tunnel"],
  connector: ["tunnel"],
  dashboards: ["tunnel", "relay/metrics.ts", "connector/metrics.ts"],
  ops: ["tunnel", "dashboards"],
  deploy: ["tunnel", "relay", "connector", "ops"],
  bench: ["tunnel", "ops"],
  tests: ["tunnel", "relay", "connector", "dashboards", "ops", "bench"],
};

/** Unit tests may use the support of the tests, and a CA to make certificates with. */
const unitTestsMayAlsoImport = ["tests", "ops"];
/** A unit test, or what one has beside it for itself and others. */
const unitTestPattern = /(_test|\/test_[a-z_]+)\.ts$/;

interface Import {
  readonly file: string;
  readonly target: string;
  /** Nothing of it is left when the program runs. */
  readonly isTypeOnly: boolean;
}

const importPattern =
  /^(import type|export type|import|export)?(?:[^;"]*?\bfrom|\s*\()?\s*"(\.{1,2}\/[^"]+\.ts)"/gm;

async function* sourceFiles(directory: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(directory)) {
    if (entry.isDirectory) yield* sourceFiles(new URL(`${entry.name}/`, directory));
    else if (entry.name.endsWith(".ts")) yield new URL(entry.name, directory);
  }
}

async function importsOf(room: string): Promise<Import[]> {
  const found: Import[] = [];
  for await (const file of sourceFiles(new URL(`${room}/`, root))) {
    const text = await Deno.readTextFile(file);
    for (const [, keyword, specifier] of text.matchAll(importPattern)) {
      found.push({
        isTypeOnly: keyword?.endsWith("type") ?? false,
        file: file.pathname.slice(root.pathname.length),
        target: new URL(specifier!, file).pathname.slice(root.pathname.length),
      });
    }
  }
  return found;
}

describe("the layout", () => {
  for (const [room, allowed] of Object.entries(mayImport)) {
    it(`lets ${room} import from ${["itself", ...allowed].join(", ")} only`, async () => {
      const wrong = (await importsOf(room)).filter(({ file, target }) => {
        const targetRoom = target.split("/")[0]!;
        if ([room, ...allowed].some((part) => part === targetRoom || part === target)) return false;
        return !(unitTestPattern.test(file) && unitTestsMayAlsoImport.includes(targetRoom));
      });
      assertEquals(wrong, []);
    });

    it(`has no circle of imports in ${room}`, async () => {
      const imports = (await importsOf(room)).filter(({ isTypeOnly }) => !isTypeOnly);
      const graph = Map.groupBy(imports, ({ file }) => file);
      const finished = new Set<string>();
      const visit = (file: string, path: readonly string[]): void => {
        if (finished.has(file)) return;
        assertEquals(path.includes(file) ? [...path, file] : [], []);
        for (const { target } of graph.get(file) ?? []) visit(target, [...path, file]);
        finished.add(file);
      };
      for (const file of graph.keys()) visit(file, []);
    });
  }
});
