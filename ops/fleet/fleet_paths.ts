import { type Environment, stateHome } from "../state_home.ts";

/** Where the laptop keeps what belongs to a fleet. */
export interface FleetPaths {
  /** Holds the others; mode 0700. */
  readonly root: string;
  /** The certificate authority, every certificate and the relays' Retry key. */
  readonly tls: string;
  /** What was changed, when, by whom: a JSON line each. */
  readonly auditFile: string;
  /** The history of sweeps: a SQLite database. */
  readonly sweepHistory: string;
  /** What receivers of notifications know: a JSON file. */
  readonly sweepNotifications: string;
  /** Held while certificates are made. */
  readonly lockFile: string;
}

/** The paths of the fleet `name`, below the directory for our state. */
export function fleetPathsOf(environment: Environment, name: string): FleetPaths {
  const root = `${stateHome(environment)}/fleets/${name}`;
  return {
    root,
    tls: `${root}/tls`,
    auditFile: `${root}/audit.jsonl`,
    sweepHistory: `${root}/sweeps.db`,
    sweepNotifications: `${root}/notifications.json`,
    lockFile: `${root}/lock`,
  };
}
