import type { ArchivedFile } from "./tar_reader.ts";
import { isLicence, withoutTop } from "./package_files.ts";
import type { LockedPackage } from "./package_lock.ts";

/**
 * The terms under which other people's work is in a release or under it: a text with the licence of each
 * package, in the order given. A package without a text of its own gets what its `package.json`
 * says.
 */
export function thirdPartyLicences(
  packages: readonly { readonly locked: LockedPackage; readonly files: readonly ArchivedFile[] }[],
): string {
  const sections = packages.map(({ locked, files }) => {
    const texts = files
      .filter(({ path }) => isLicence(withoutTop(path)))
      .map(({ contents }) => new TextDecoder().decode(contents).trim());
    const title = `${locked.name} ${locked.version} (${declaredLicence(files)})`;
    return [title, "-".repeat(title.length), ...texts].join("\n");
  });
  return `What this release contains of others and what it runs on, and their terms.\n\n${
    sections.join("\n\n\n")
  }\n`;
}

function declaredLicence(files: readonly ArchivedFile[]): string {
  const file = files.find(({ path }) => withoutTop(path) === "package.json");
  try {
    const { license } = JSON.parse(new TextDecoder().decode(file?.contents)) as {
      license?: unknown;
    };
    if (typeof license === "string") return license;
  } catch {
    // No JSON: it says nothing.
  }
  return "terms not declared";
}
