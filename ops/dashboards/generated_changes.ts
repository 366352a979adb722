import type { GeneratedFile } from "../../dashboards/generated_file.ts";

/** What becomes of a file when it is generated anew. */
export interface FileChange {
  /** From the checkout's root. */
  readonly path: string;
  readonly change: "created" | "updated" | "removed";
}

/**
 * What differs from what is generated, in the order of the paths.
 *
 * @param existing Contents of the files that are there; those that are not generated are removed.
 */
export function generatedChanges(
  files: readonly GeneratedFile[],
  existing: ReadonlyMap<string, string>,
): FileChange[] {
  const generated = new Set(files.map(({ path }) => path));
  const changes = files.flatMap(({ path, text }): FileChange[] => {
    const before = existing.get(path);
    if (before === text) return [];
    return [{ path, change: before === undefined ? "created" : "updated" }];
  });
  const removed = [...existing.keys()].filter((path) => !generated.has(path))
    .map((path): FileChange => ({ path, change: "removed" }));
  return [...changes, ...removed].sort((a, b) => (a.path < b.path ? -1 : 1));
}
