import { createHash } from "node:crypto";

/**
 * Digest of the names and sizes of files: tells at once, without reading them, whether one is
 * missing, cut off or too many. The same as that of {@linkcode listingDigestScript}.
 */
export function listingDigest(
  files: readonly { readonly path: string; readonly contents: { readonly length: number } }[],
): string {
  const lines = files.map(({ path, contents }) => `${contents.length} ${path}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}

/**
 * A shell command that prints the digest of what is below a directory.
 *
 * @param directory A word of the shell's, quoted.
 */
export function listingDigestScript(directory: string): string {
  return `find ${directory} -type f -printf '%s %P\\n' | LC_ALL=C sort | sha256sum | cut -c 1-64`;
}
