import { createHash } from "node:crypto";
import { checkoutVersion } from "../checkout.ts";

/** What a release is made of, relative to the checkout. */
const releaseParts = ["relay", "connector", "tunnel", "deno.json", "deno.lock"];

/**
 * The ID of the release that a checkout holds: its version and a digest of every file that the
 * programs are made of. The same files give the same ID on every machine.
 *
 * @param root The checkout's directory, absolute.
 */
export function releaseId(root: string): string {
  return `${checkoutVersion(root)}-${contentDigest(root, releaseParts).slice(0, 12)}`;
}

/**
 * A SHA-256 in hexadecimal over files and directories below `root`: their relative paths and
 * contents. Tests, hidden files and what a package manager put there don't count; a part that does
 * not exist counts as such.
 */
export function contentDigest(root: string, parts: readonly string[]): string {
  const files = parts.flatMap((part) => listFiles(root, part)).sort();
  const digest = createHash("sha256");
  for (const file of files) {
    const contents = createHash("sha256").update(Deno.readFileSync(`${root}/${file}`)).digest(
      "hex",
    );
    digest.update(`${file}\0${contents}\n`);
  }
  return digest.digest("hex");
}

function listFiles(root: string, path: string): string[] {
  try {
    if (Deno.statSync(`${root}/${path}`).isFile) return [path];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const files: string[] = [];
  for (const { name, isDirectory, isFile } of Deno.readDirSync(`${root}/${path}`)) {
    if (name.startsWith(".") || name === "node_modules" || name.endsWith("_test.ts")) continue;
    if (isDirectory) files.push(...listFiles(root, `${path}/${name}`));
    else if (isFile) files.push(`${path}/${name}`);
  }
  return files;
}
