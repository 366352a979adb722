import { readBuildInputs } from "./build_inputs.ts";
import { cacheHome } from "./cache_home.ts";
import { gzip } from "./gzip.ts";
import { listingDigest } from "../listing_digest.ts";
import { npmRegistry, readNpmrcFiles } from "./npm_registry.ts";
import { type FetchProgress, PackageArchives } from "./package_archives.ts";
import { fetchContents } from "./package_contents.ts";
import { packageClosure } from "./package_lock.ts";
import { type Platform, platforms } from "../platform.ts";
import { programModules } from "./program_modules.ts";
import type { Archive, Release } from "../release.ts";
import { ReleaseCache, sha256Of } from "./release_cache.ts";
import type { ReleaseContents } from "./release_contents.ts";
import { releasedEntryPoints, releaseFiles, releasePackages } from "./release_files.ts";
import { describeRuntime } from "./runtime_archive.ts";
import { writeTar } from "./tar_writer.ts";

/** How a release is built. */
export interface BuildOptions {
  /** The checkout's directory, absolute, without a slash at its end. */
  readonly checkout: string;
  readonly platform: Platform;
  /** For what is fetched and built; that of the user by default. */
  readonly cacheDirectory?: string;
  readonly signal: AbortSignal;
  /** Called while packages are fetched from the registry. */
  readonly onProgress?: FetchProgress;
}

/** Blocks of the file systems that files are unpacked to, in bytes. */
const diskBlockBytes = 4096;

/**
 * Builds a checkout's release for a platform, or finds it built before. The same input gives the
 * same ID and the same archive on every machine; nothing that is built is run.
 *
 * @throws {ConfigError} when the checkout's files don't fit together.
 * @throws {ReleaseError} when a package can't be fetched or is not what the lock file says.
 */
export async function buildRelease(options: BuildOptions): Promise<Release> {
  const { checkout, platform, signal, onProgress } = options;
  const cacheDirectory = options.cacheDirectory ?? cacheHome(Deno.env);
  const fetching = { signal, onProgress };
  const inputs = readBuildInputs(checkout, platform);
  const registry = npmRegistry(readNpmrcFiles(checkout), Deno.env);
  const archives = new PackageArchives(`${cacheDirectory}/packages`, registry);
  const cache = new ReleaseCache(`${cacheDirectory}/releases`);

  const [runtimePackage] = packageClosure(
    inputs.runtimeLock,
    [`${platforms[platform].runtime}@${inputs.deno}`],
    platforms[platform],
  );
  const runtimeBytes = await archives.get(runtimePackage!, fetching);
  const runtimeFile = archives.pathOf(runtimePackage!);
  const built = cache.find(inputs.digest, runtimeFile);
  if (built !== undefined) return built;

  const modules = await programModules(checkout, releasedEntryPoints, signal);
  const sources = new Map(
    [...modules.files, "LICENSE"].map((path) => [path, Deno.readFileSync(`${checkout}/${path}`)]),
  );
  const packages = releasePackages(inputs, modules, platform);
  const contents = await fetchContents(archives, packages, fetching);
  const runtime = await fetchContents(archives, [runtimePackage!], fetching);
  const complete = releaseFiles(inputs, platform, modules, sources, contents, runtime);
  const bytes = await gzip(writeTar(complete.files));
  const release: Release = {
    id: complete.manifest.id,
    version: inputs.version,
    platform,
    deno: inputs.deno,
    archive: describeArchive(complete, bytes, cache),
    runtime: describeRuntime(
      runtimePackage!,
      runtime.get(runtimePackage!) ?? [],
      runtimeBytes,
      runtimeFile,
    ),
  };
  cache.keep(inputs.digest, release, bytes);
  return release;
}

function describeArchive(
  { manifest, files }: ReleaseContents,
  bytes: Uint8Array,
  cache: ReleaseCache,
): Archive {
  const sha256 = sha256Of(bytes);
  const directories = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf("/") + 1)));
  const blocks = files.reduce(
    (sum, { contents }) => sum + Math.ceil(contents.length / diskBlockBytes),
    directories.size,
  );
  return {
    kind: "release",
    name: manifest.id,
    file: cache.archiveFile(sha256),
    bytes: bytes.length,
    sha256,
    unpackedBytes: blocks * diskBlockBytes,
    unpackedFiles: files.length + directories.size,
    listingSha256: listingDigest(files),
  };
}
