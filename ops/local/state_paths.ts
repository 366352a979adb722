import { ConfigError } from "../../tunnel/errors.ts";

/** Where everything of the local deployment is. */
export interface StatePaths {
  /** The directory that holds the others; mode 0700. */
  readonly root: string;
  /** Certificates and keys. */
  readonly tls: string;
  /** What deploy writes: the programs' configuration and what is deployed. */
  readonly config: string;
  /** One log file for each process. */
  readonly log: string;
  /** What the supervisor writes: which processes run. */
  readonly run: string;
  /** Held by the command that is changing the deployment. */
  readonly lockFile: string;
  /** What the supervisor is to run. */
  readonly supervisorFile: string;
  /** What the supervisor runs. */
  readonly runFile: string;
  /** Held by the supervisor as long as it runs. */
  readonly supervisorLockFile: string;
  /** What was deployed last. */
  readonly deploymentFile: string;
  /** The key of the relay's Retry tokens. */
  readonly retryKeyFile: string;
}

/** The paths below a root. */
export function statePathsAt(root: string): StatePaths {
  return {
    root,
    tls: `${root}/tls`,
    config: `${root}/config`,
    log: `${root}/log`,
    run: `${root}/run`,
    lockFile: `${root}/lock`,
    supervisorFile: `${root}/config/supervisor.json`,
    runFile: `${root}/run/supervisor.json`,
    supervisorLockFile: `${root}/run/supervisor.lock`,
    deploymentFile: `${root}/config/deployment.json`,
    retryKeyFile: `${root}/tls/retry.key`,
  };
}

/**
 * The paths of this user's deployment: below `XDG_STATE_HOME`, or `~/.local/state` where that is not
 * set or not absolute (the XDG base directory specification has it ignored then).
 *
 * @throws {ConfigError} when there is no home directory either.
 */
export function statePathsOf(environment: { get(name: string): string | undefined }): StatePaths {
  const stateHome = environment.get("XDG_STATE_HOME");
  if (stateHome?.startsWith("/")) return statePathsAt(joined(stateHome, "ztna-fleet/local"));
  const home = environment.get("HOME");
  if (home?.startsWith("/")) return statePathsAt(joined(home, ".local/state/ztna-fleet/local"));
  throw new ConfigError(
    `Cannot find a place for the deployment's state as "HOME" must be an absolute path: current ` +
      `value is ${JSON.stringify(home ?? "")}; set "XDG_STATE_HOME" to a directory of yours`,
  );
}

function joined(directory: string, rest: string): string {
  return `${directory.replace(/\/+$/, "")}/${rest}`;
}
