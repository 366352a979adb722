import { quote } from "../../../tunnel/printable.ts";
import { gunzip } from "./gzip.ts";
import type { FetchOptions, PackageArchives } from "./package_archives.ts";
import type { LockedPackage } from "./package_lock.ts";
import { ReleaseError } from "./release_error.ts";
import { type ArchivedFile, readTar } from "./tar_reader.ts";

/** Packages that are fetched at once. */
const parallelFetches = 6;
/** The largest package that is unpacked, in bytes; Deno's has 96 MB. */
const maxUnpackedBytes = 512 * 1024 * 1024;

/** What is in packages. */
export type PackageContents = ReadonlyMap<LockedPackage, readonly ArchivedFile[]>;

/**
 * Fetches packages, as far as they are not there, and reads them.
 *
 * @returns in the order of `packages`.
 * @throws {ReleaseError} when one can't be fetched, is not what the lock says, or can't be read.
 */
export async function fetchContents(
  archives: PackageArchives,
  packages: readonly LockedPackage[],
  options: FetchOptions,
): Promise<PackageContents> {
  const contents = new Map<LockedPackage, readonly ArchivedFile[]>();
  const waiting = packages.values();
  const work = async (): Promise<void> => {
    for (const locked of waiting) {
      contents.set(locked, await contentsOf(locked, await archives.get(locked, options)));
    }
  };
  await Promise.all(Array.from({ length: parallelFetches }, work));
  return new Map(packages.map((locked) => [locked, contents.get(locked)!]));
}

async function contentsOf(
  locked: LockedPackage,
  archive: Uint8Array,
): Promise<ArchivedFile[]> {
  try {
    return readTar(await gunzip(archive, maxUnpackedBytes));
  } catch (error) {
    throw new ReleaseError(
      `Cannot use the package ${quote(`${locked.name}@${locked.version}`)} as its archive must ` +
        `be a compressed tar archive of at most ${maxUnpackedBytes} bytes: ` +
        quote(error instanceof Error ? error.message : String(error), 300),
      { cause: error },
    );
  }
}
