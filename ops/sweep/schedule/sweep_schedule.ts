import type { Secret } from "../../engine/secret.ts";
import { hostPaths } from "../../host_paths.ts";
import type { Interval } from "./interval.ts";

/** Sweeps that a machine runs by the clock. */
export interface SweepSchedule {
  readonly fleet: string;
  readonly interval: Interval;
  /** Who runs them, with the SSH key and the state of this user. */
  readonly user: string;
  /** Where the checkout is. */
  readonly checkout: string;
  /** Path of the `deno` program. */
  readonly deno: string;
  /** What follows `deno task sweep`. */
  readonly args: readonly string[];
  /** The whole sweep's time, in seconds. */
  readonly timeoutSeconds: number;
  /** Variables of their environment that are no secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that are. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Whether they do more than to start `ssh`: mail, or look at the machine that they run on. */
  readonly needsPrivileges: boolean;
  /** Files that the user must be able to read, and directories to write in. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What belongs to the schedule of a fleet on its machine. */
export interface SchedulePaths {
  readonly service: string;
  readonly timer: string;
  readonly serviceFile: string;
  readonly timerFile: string;
  /** Holds the file with secrets. */
  readonly directory: string;
  readonly secretsFile: string;
}

/** Names and places of a fleet's schedule. */
export function schedulePaths(fleet: string): SchedulePaths {
  const name = `ztna-sweep-${fleet}`;
  const directory = "/etc/ztna-sweep";
  return {
    service: `${name}.service`,
    timer: `${name}.timer`,
    serviceFile: `${hostPaths.units}/${name}.service`,
    timerFile: `${hostPaths.units}/${name}.timer`,
    directory,
    secretsFile: `${directory}/${fleet}.env`,
  };
}

/** The command line of a sweep. */
export function sweepCommandLine({ deno, checkout, args }: SweepSchedule): string[] {
  return [deno, "run", "-A", `${checkout}/ops/sweep.ts`, ...args];
}
