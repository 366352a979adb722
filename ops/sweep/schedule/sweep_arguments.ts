import { resolve } from "node:path";
import type { OptionDeclarations } from "../../../tunnel/options.ts";

/** Options whose values are files or directories of this machine. */
const pathOptions: readonly string[] = [
  ...["inventory", "html", "junit", "prom", "becomePasswordFile"],
];

/** What {@linkcode sweepArguments} reads. */
export interface GivenOptions {
  readonly declarations: OptionDeclarations;
  /** Names of those that a sweep takes. */
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly sources: Readonly<Record<string, string>>;
}

/**
 * The flags of a command line that a sweep takes, for another command line.
 *
 * @param placeOf Where a file is there; an inventory may be a list of hosts instead.
 */
export function sweepArguments(
  { declarations, names, values, sources }: GivenOptions,
  placeOf: (path: string) => string,
): string[] {
  return names.filter((name) => sources[name] === "flag").flatMap((name): string[] => {
    const option = declarations[name];
    if (option === undefined || !("flag" in option) || option.flag === undefined) return [];
    const value = values[name];
    const text = (each: unknown): string =>
      pathOptions.includes(name) ? placeOf(String(each)) : String(each);
    // In one word: a value may begin with a dash.
    const flag = (each: unknown): string => `${option.flag}=${text(each)}`;
    if (Array.isArray(value)) return value.map(flag);
    if (value === true) return [option.flag];
    if (value === false) return [`--no-${option.flag.slice("--".length)}`];
    return [flag(value)];
  });
}

/**
 * Where the machine that sweeps has a file of ours: what is in the checkout is in its checkout, and
 * everything else in the same place.
 *
 * @param exists Whether there is such a file here: what is none, but has a comma, is a list of hosts.
 */
export function placedIn(
  here: string,
  there: string,
  exists: (path: string) => boolean,
): (path: string) => string {
  return (path) => {
    if (path === "-" || path.includes(",") && !exists(path)) return path;
    const absolute = resolve(path);
    return absolute === here || absolute.startsWith(`${here}/`)
      ? there + absolute.slice(here.length)
      : absolute;
  };
}
