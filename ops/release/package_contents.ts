import { quote } from "../../tunnel/printable.ts";
import { gunzip } from "./gzip.ts";
import type { LockedPackage } from "./package_lock.ts";
import { ReleaseError } from "./release_error.ts";
import { type ArchivedFile, readTar } from "./tar_reader.ts";

/** The largest package that is unpacked, in bytes; Deno's has 96 MB. */
const maxUnpackedBytes = 512 * 1024 * 1024;

/**
 * The files in a package's archive.
 *
 * @throws {ReleaseError} when it can't be read.
 */
export async function packageContents(
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
