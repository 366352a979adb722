import { quote } from "../../../tunnel/printable.ts";
import { runtimeName } from "./launcher.ts";
import { listingDigest } from "../listing_digest.ts";
import type { LockedPackage } from "./package_lock.ts";
import { sha256Of } from "./release_cache.ts";
import { type Archive, runtimeBinary, runtimeMember } from "../release.ts";
import { checksumsFile } from "./release_contents.ts";
import { ReleaseError } from "./release_error.ts";
import type { ArchivedFile } from "./tar_reader.ts";

/**
 * Describes the archive of the runtime, which is npm's package as it is: Deno is most of it, and
 * compressing it again would save 2% of 42 MB in 12 s.
 *
 * @param contents What is in it.
 * @param bytes The archive itself, verified.
 * @param file Where it is.
 * @throws {ReleaseError} when Deno is not in it.
 */
export function describeRuntime(
  locked: LockedPackage,
  contents: readonly ArchivedFile[],
  bytes: Uint8Array,
  file: string,
): Archive {
  const binary = contents.find(({ path }) => path === runtimeMember)?.contents;
  if (binary === undefined) {
    throw new ReleaseError(
      `Cannot use the package ${quote(`${locked.name}@${locked.version}`)} as it must contain ` +
        `${quote(runtimeMember)}: current value is a package without it`,
    );
  }
  const checksums = `${sha256Of(binary)}  ${runtimeBinary}\n`;
  return {
    kind: "runtime",
    name: runtimeName(locked.version),
    file,
    bytes: bytes.length,
    sha256: sha256Of(bytes),
    unpackedBytes: binary.length,
    unpackedFiles: 3, // its directory, Deno and the checksums
    listingSha256: listingDigest([
      { path: runtimeBinary, contents: binary },
      { path: checksumsFile, contents: checksums },
    ]),
    checksums,
  };
}
