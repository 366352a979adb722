import { hostPaths } from "../../../host_paths.ts";
import { hasStaleReleasesScript, pruneScript } from "../../../release/prune.ts";
import type { FileSystemFacts } from "../../facts/file_systems.ts";
import type { Fix, Treatment } from "../fix.ts";

/**
 * Makes room on the disk that releases are on. Journals stay: they tell why a disk fills, and
 * systemd keeps a limit of theirs.
 */
export const pruneReleases: Fix = pruneFor("disk-space");

/** Each release has some hundred files. */
export const pruneReleaseFiles: Fix = pruneFor("inodes");

function pruneFor(check: string): Fix {
  return {
    check,
    does:
      "Removes what a deploy would: releases beyond ztna_keep_releases that nothing runs from, " +
      "and unfinished uploads",

    treat({ subject }, { host, facts }): Treatment | undefined {
      if (subject !== mountPointOf(hostPaths.releases, facts.fileSystems ?? [])) return undefined;
      return {
        mend: {
          commands: [{
            kind: "command",
            id: "prune:releases",
            summary: `remove unfinished uploads and all but ${host.keepReleases} releases`,
            unless: `! { ${hasStaleReleasesScript(host.keepReleases)}; }`,
            script: pruneScript(host.keepReleases),
          }],
        },
      };
    },
  };
}

/** Where the file system of a path is mounted, by those that are known. */
function mountPointOf(path: string, all: readonly FileSystemFacts[]): string | undefined {
  return all.map(({ mountPoint }) => mountPoint)
    .filter((mountPoint) => mountPoint === "/" || `${path}/`.startsWith(`${mountPoint}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}
