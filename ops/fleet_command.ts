/** What the commands on a fleet have in common: from their flags to a run on its hosts. */

import { hostname, userInfo } from "node:os";
import { ConfigError } from "../tunnel/errors.ts";
import type { OptionValues } from "../tunnel/options.ts";
import { becomePassword } from "./become_password.ts";
import { checkout } from "./checkout.ts";
import { type CommandContext, errorText, exitCodeOf } from "./command.ts";
import type { ConnectionEvent } from "./engine/connection/connection_event.ts";
import type { HostLock } from "./engine/connection/host_lock.ts";
import { openConnection } from "./engine/connection/open_connection.ts";
import type { FleetEvent } from "./engine/run/event.ts";
import type { Operator } from "./fleet/audit_script.ts";
import { type Fleet, programsOf, selectedHosts } from "./fleet/fleet.ts";
import { type FleetPaths, fleetPathsOf } from "./fleet/fleet_paths.ts";
import { FleetRun } from "./fleet/fleet_run.ts";
import { hostPaths } from "./fleet/host_paths.ts";
import { HostWork } from "./fleet/host_work.ts";
import { readFleet } from "./fleet/read_fleet.ts";
import { TunnelVerifier } from "./fleet/tunnel_verifier.ts";
import type { changeOptions, connectionOptions, outputOptions } from "./fleet_options.ts";
import { type inventoryOptions, loadSelection } from "./inventory_options.ts";
import { checkoutVersion } from "./release.ts";
import type { FleetProgress } from "./terminal/fleet_progress.ts";
import { beginFleetRun } from "./terminal/fleet_run.ts";

/** The flags that every command on a fleet has. */
export type FleetCommandValues =
  & OptionValues<typeof inventoryOptions>
  & OptionValues<typeof outputOptions>
  & OptionValues<typeof connectionOptions>;

/** The flags of those that change hosts. */
export type ChangeValues = OptionValues<typeof changeOptions>;

/** What a command is. */
export interface FleetCommandOptions {
  /** Its name: `deploy`. */
  readonly command: string;
  /** Its arguments, for the audit and for the advice to run it again. */
  readonly argv: readonly string[];
  readonly values: FleetCommandValues;
  /** Flags of a command that changes hosts: it is written to the audit. */
  readonly change?: ChangeValues;
  /** Whether packets are sent through the tunnel. */
  readonly probe?: boolean;
  /** Also shows what scripts write, line by line. */
  readonly showOutput?: boolean;
}

/** What a command on a fleet works with. */
export interface FleetCommand {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  readonly run: FleetRun;
  readonly work: HostWork;
  readonly verifier: TunnelVerifier;
  /** What a command that changes hosts holds on each of them. */
  readonly lock: HostLock;
  readonly progress: FleetProgress;
  /** Tells the sinks that the run begins; to be called before the first host is connected to. */
  readonly begin: (release: string | null) => void;
  readonly emit: (event: FleetEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the body of a command: reads the inventory, shows what happens, closes all connections at the
 * end, and tells the sinks how it ended.
 *
 * @param body Does the work, and gives the exit code.
 * @throws {ConfigError} when the command line or the inventory is wrong, and what `body` throws.
 */
export async function runFleetCommand(
  { report, screen, signal }: CommandContext,
  options: FleetCommandOptions,
  body: (command: FleetCommand) => Promise<number>,
): Promise<number> {
  const { command, argv, values, change, probe = false } = options;
  const { inventory, hosts } = await loadSelection(values, {
    signal,
    warn: (text) => report.warn(text),
  });
  const password = becomePassword(values);
  const fleet = readFleet(inventory, hosts, password && { becomePassword: password });
  const paths = fleetPathsOf(Deno.env, fleet.name);
  const operator = currentOperator();
  const { json = false, verbose, quiet = false, events } = values;
  const isAudited = change !== undefined && change.check !== true;
  using output = beginFleetRun({
    ...{ screen, json, verbose, quiet, events },
    showOutput: options.showOutput ?? false,
    ...isAudited && {
      audit: {
        path: paths.auditFile,
        origin: { ...operator, version: checkoutVersion(checkout) },
      },
    },
  });
  const emit = (event: FleetEvent): void => output.bus.emit(event);
  await using run = new FleetRun({
    hosts: selectedHosts(fleet),
    forks: values.forks,
    emit,
    signal,
    connect: ({ connection }) =>
      openConnection(connection, {
        signal,
        controlDirectory: paths.control,
        connectTimeoutMs: values.connectTimeout * 1000,
        acceptNewHostKeys: values.acceptNewHostKeys ?? false,
        onEvent: (event) => emit(fleetEvent(event)),
      }),
  });
  const verifier = new TunnelVerifier({ fleet, paths, enabled: probe, emit, signal });
  const work = new HostWork({ run, verifier, operator, command, signal });
  const finish = (exitCode: number, error?: string): void => {
    const isHalfWay = exitCode !== 0 && isAudited;
    const continueWith = ["deno task", command, ...argv].join(" ");
    emit({
      type: "run_finished",
      exitCode,
      ...error !== undefined && { error },
      ...isHalfWay && { continueWith },
    });
  };
  try {
    const exitCode = await body({
      ...{ fleet, paths, run, work, verifier, emit, signal },
      progress: output.progress,
      lock: {
        path: hostPaths.lock,
        command,
        owner: `${operator.user}@${operator.machine}`,
        waitSeconds: change?.lockTimeout ?? 0,
        force: change?.forceUnlock ?? false,
      },
      begin: (release) =>
        emit({
          type: "run_started",
          ...{ command, release, arguments: argv, fleet: fleet.name },
          check: change?.check ?? false,
          hosts: run.hosts.map(({ host }) => ({
            host: host.name,
            role: programsOf(host).join("+"),
          })),
        }),
    });
    finish(exitCode);
    return exitCode;
  } catch (error) {
    const shown = signal.aborted ? signal.reason : error;
    finish(exitCodeOf(shown), errorText(shown));
    throw error;
  }
}

/**
 * Refuses a command line that names no inventory.
 *
 * @throws {ConfigError} saying which flag.
 */
export function requireInventory(command: string, inventory: readonly string[]): void {
  if (inventory.length > 0) return;
  throw new ConfigError(
    `Cannot ${command} as an inventory must be given: use "--inventory FILE" (-i)`,
  );
}

/** Who runs this command. */
function currentOperator(): Operator {
  // Whoever works as root has come from somewhere.
  return { user: Deno.env.get("SUDO_USER") ?? userInfo().username, machine: hostname() };
}

function fleetEvent(event: ConnectionEvent): FleetEvent {
  const { host } = event;
  switch (event.type) {
    case "process":
      return { type: "process_started", host, argv: event.argv };
    case "script":
      return { type: "script_started", host, what: event.what, script: event.script };
    case "retry":
      return {
        type: "warning",
        host,
        text:
          `Attempt ${event.attempt} to connect has failed, trying again: ${event.error.message}`,
      };
  }
}
