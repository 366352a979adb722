import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { Environment } from "../../state_home.ts";

/**
 * This user's directory for what can be fetched or built again: `ztna-fleet` below
 * `XDG_CACHE_HOME`, or below `~/.cache` where that is not set or not absolute. Without a slash at
 * its end.
 *
 * @throws {ConfigError} when there is no home directory either.
 */
export function cacheHome(environment: Environment): string {
  const base = environment.get("XDG_CACHE_HOME");
  if (base?.startsWith("/")) return `${base.replace(/\/+$/, "")}/ztna-fleet`;
  const home = environment.get("HOME");
  if (home?.startsWith("/")) return `${home.replace(/\/+$/, "")}/.cache/ztna-fleet`;
  throw new ConfigError(
    `Cannot find a place for built releases as "HOME" must be an absolute path: current value is ` +
      `${quote(home ?? "")}; set "XDG_CACHE_HOME" to a directory of yours`,
  );
}
