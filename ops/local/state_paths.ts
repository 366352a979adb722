import { type Environment, stateHome } from "../state_home.ts";

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
 * The paths of this user's deployment, below the directory for our state.
 *
 * @throws {ConfigError} when there is no home directory.
 */
export function statePathsOf(environment: Environment): StatePaths {
  return statePathsAt(`${stateHome(environment)}/local`);
}
