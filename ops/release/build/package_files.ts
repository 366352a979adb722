import type { ArchivedFile } from "./tar_reader.ts";
import type { FileToArchive } from "./tar_writer.ts";

/** What a program can load. Everything else in a package is for people and for compilers. */
const loadable = /\.(?:js|cjs|mjs|json|node|wasm)$/;
const licence = /^(?:licen[cs]e|copying|notice|authors)(?:[.-][^/]*)?$/i;

/**
 * The files of a package that go into a release: what can be loaded, and its licence.
 *
 * @param archive The package's archive, whose files are all in one directory.
 * @param directory Where the package goes, relative to the release.
 */
export function packageFiles(
  archive: readonly ArchivedFile[],
  directory: string,
): FileToArchive[] {
  return archive.flatMap(({ path, contents }) => {
    const within = withoutTop(path);
    if (!loadable.test(within) && !isLicence(within)) return [];
    return [{ path: `${directory}/${within}`, contents, executable: false }];
  });
}

/** Whether a file of a package, relative to it, says under which terms it may be used. */
export function isLicence(path: string): boolean {
  return licence.test(path);
}

/** A path without its first directory, which npm calls `package` and others as they like. */
export function withoutTop(path: string): string {
  return path.slice(path.indexOf("/") + 1);
}
