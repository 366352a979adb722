import { hostPaths } from "../../host_paths.ts";
import { type Platform, platforms } from "../platform.ts";
import { programPermissions, type ReleasedProgram } from "../permissions.ts";

/** Where each program starts, in the checkout as in a release. */
export const entryPoints: Readonly<Record<ReleasedProgram, string>> = {
  relay: "relay/main.ts",
  connector: "connector/main.ts",
  application: "ops/local/application.ts",
};

/** Name of the directory that holds a version of Deno. */
export function runtimeName(denoVersion: string): string {
  return `deno-${denoVersion}`;
}

/**
 * The shell script that starts a program of the release that it is in, with what it may do and
 * nothing else. It needs neither a home directory nor a network, and writes nothing: Deno compiles
 * in memory, since a cache that the program could write could change the program.
 */
export function launcher(
  program: ReleasedProgram,
  denoVersion: string,
  platform: Platform,
): string {
  const { nativeLibrary, arch } = platforms[platform];
  const permissions = programPermissions(program, {
    read: [hostPaths.config],
    nativeLibrary: `$release/node_modules/${nativeLibrary}`,
    arch,
  });
  const flags = [
    ...["run", "--quiet", "--no-prompt", "--cached-only", "--no-remote", "--no-lock"],
    "--config=$release/deno.json",
    // Packets leave only short-lived objects behind: a small nursery (MiB) saves 2 KiB a connection.
    "--v8-flags=--max-semi-space-size=4",
    ...permissions,
    `$release/${entryPoints[program]}`,
  ];
  const words = flags.map((flag) => `  "${flag}" \\\n`).join("");
  return `#!/bin/sh
# The ${program} of this release. All arguments are the program's.
set -eu
release=$(readlink -f -- "$0")
release=\${release%/bin/*}
root=\${release%/releases/*}
export ZTNA_RELEASE="\${release##*/}" DENO_DIR=/dev/null DENO_NO_UPDATE_CHECK=1
exec "$root/runtime/${runtimeName(denoVersion)}/deno" \\
${words}  "$@"
`;
}
