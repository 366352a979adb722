import { shellQuote } from "../engine/connection/quote.ts";
import { hostPaths } from "../host_paths.ts";
import type { Archive } from "./release.ts";

/** Where releases are on a host, unless a test wants them elsewhere. */
export const defaultRoot: string = hostPaths.root;

/** Names of releases and runtimes; others are not ours. */
export const namePattern = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/;

/**
 * Shell assignments that all scripts of releases begin with.
 *
 * @param root The directory that releases, runtimes and the link `current` are in.
 */
export function layoutVariables(root: string): string {
  return `root=${shellQuote(root)}
releases=$root/releases
runtimes=$root/runtime
uploads=$root/.upload
history=$releases/.history
`;
}

/** The directory that an archive becomes, as a word of a script with the {@linkcode layoutVariables}. */
export function directoryWord({ kind, name }: Archive): string {
  return `"$${kind === "release" ? "releases" : "runtimes"}"/${shellQuote(name)}`;
}
