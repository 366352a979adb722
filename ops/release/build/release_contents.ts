import { createHash } from "node:crypto";
import type { Platform } from "../platform.ts";
import type { FileToArchive } from "./tar_writer.ts";

/** Description of a release, in its `release.json`. */
export interface ReleaseManifest {
  /** Format of this file. */
  readonly schema: 1;
  /** Version and a digest of everything that is in the release. */
  readonly id: string;
  readonly version: string;
  /** The version of Deno that its programs run on. */
  readonly deno: string;
  readonly platform: Platform;
  /** npm packages in it: `NAME@VERSION`. */
  readonly packages: readonly string[];
}

/** Name of the file with the SHA-256 of every other file, as `sha256sum` writes and checks it. */
export const checksumsFile = "SHA256SUMS";
/** Name of the file with the {@linkcode ReleaseManifest}. */
export const manifestFile = "release.json";
/** Name of the file with the name of the runtime's directory, for shell scripts. */
export const runtimeFile = "runtime";
/** Digits of the digest in an ID: 48 bits, which nobody forges by accident. */
const digestDigits = 12;

/** A release's ID, and all of its files. */
export interface ReleaseContents {
  readonly manifest: ReleaseManifest;
  readonly files: readonly FileToArchive[];
}

/** Adds the manifest and the checksums to the files of a release, and so gives it its ID. */
export function completeRelease(
  files: readonly FileToArchive[],
  description: Omit<ReleaseManifest, "schema" | "id">,
): ReleaseContents {
  const digest = createHash("sha256")
    .update(JSON.stringify(description))
    .update("\n")
    .update(checksumsOf(files))
    .digest("hex");
  const id = `${description.version}-${digest.slice(0, digestDigits)}`;
  const manifest: ReleaseManifest = { schema: 1, id, ...description };
  const described = [
    ...files,
    textFile(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`),
  ];
  return { manifest, files: [...described, textFile(checksumsFile, checksumsOf(described))] };
}

/** A file that is text. */
export function textFile(path: string, text: string, executable = false): FileToArchive {
  return { path, contents: new TextEncoder().encode(text), executable };
}

/** What `sha256sum` prints for files, sorted by their paths; with programs marked as such. */
function checksumsOf(files: readonly FileToArchive[]): string {
  return files
    .map(({ path, contents }) => ({ path, hash: createHash("sha256").update(contents) }))
    .sort((a, b) => a.path < b.path ? -1 : 1)
    .map(({ path, hash }) => `${hash.digest("hex")}  ${path}\n`)
    .join("");
}
