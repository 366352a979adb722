import { ConfigError } from "../tunnel/errors.ts";

/** What reads environment variables: `Deno.env`, or a map. */
export interface Environment {
  get(name: string): string | undefined;
}

/**
 * This user's directory for our state: `ztna-fleet` below `XDG_STATE_HOME`, or below
 * `~/.local/state` where that is not set or not absolute (the XDG base directory specification has
 * it ignored then). Without a slash at its end.
 *
 * @throws {ConfigError} when there is no home directory either.
 */
export function stateHome(environment: Environment): string {
  const base = environment.get("XDG_STATE_HOME");
  if (base?.startsWith("/")) return joined(base, "ztna-fleet");
  const home = environment.get("HOME");
  if (home?.startsWith("/")) return joined(home, ".local/state/ztna-fleet");
  throw new ConfigError(
    `Cannot find a place for state as "HOME" must be an absolute path: current ` +
      `value is ${JSON.stringify(home ?? "")}; set "XDG_STATE_HOME" to a directory of yours`,
  );
}

/**
 * Where the sockets of OpenSSH's connection masters are: below `XDG_RUNTIME_DIR` where there is one,
 * since their paths must be short, else below the directory for our state.
 *
 * @throws {ConfigError} when there is no home directory either.
 */
export function controlDirectory(environment: Environment): string {
  const runtime = environment.get("XDG_RUNTIME_DIR");
  return runtime?.startsWith("/") ? joined(runtime, "ztna-fleet") : `${stateHome(environment)}/ssh`;
}

function joined(directory: string, rest: string): string {
  return `${directory.replace(/\/+$/, "")}/${rest}`;
}
