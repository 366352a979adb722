/** What the commands on a fleet have in common: from an inventory to a run on hosts with roles. */

import { becomePassword } from "./become_password.ts";
import type { CommandContext } from "./command.ts";
import type { HostLock } from "./engine/connection/host_lock.ts";
import { type Fleet, type FleetHost, programsOf, selectedHosts } from "./fleet/fleet.ts";
import { type FleetPaths, fleetPathsOf } from "./fleet/fleet_paths.ts";
import { hostPaths } from "./host_paths.ts";
import { HostWork } from "./fleet/host_work.ts";
import { readFleet } from "./fleet/read_fleet.ts";
import { TunnelVerifier } from "./fleet/tunnel_verifier.ts";
import {
  type ChangeValues,
  type HostsCommand,
  type HostsCommandValues,
  runHostsCommand,
} from "./hosts_command.ts";
import { loadSelection } from "./inventory_options.ts";

/** What a command is. */
export interface FleetCommandOptions {
  /** Its name: `deploy`. */
  readonly command: string;
  /** Its arguments, for the audit and for the advice to run it again. */
  readonly argv: readonly string[];
  readonly values: HostsCommandValues;
  /** Flags of a command that changes hosts. */
  readonly change?: ChangeValues;
  /** Whether packets are sent through the tunnel. */
  readonly probe?: boolean;
  /** Names of those of the selected hosts that it is about; all by default. */
  readonly only?: ReadonlySet<string>;
}

/** What a command on a fleet works with. */
export interface FleetCommand extends HostsCommand<FleetHost> {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  readonly work: HostWork;
  readonly verifier: TunnelVerifier;
  /** What a command that changes hosts holds on each of them. */
  readonly lock: HostLock;
}

/**
 * Runs the body of a command on the hosts of an inventory that have a role.
 *
 * @param body Does the work, and gives the exit code.
 * @throws {ConfigError} when the command line or the inventory is wrong, and what `body` throws.
 */
export async function runFleetCommand(
  context: CommandContext,
  options: FleetCommandOptions,
  body: (command: FleetCommand) => Promise<number>,
): Promise<number> {
  const { signal, report } = context;
  const { command, values, change, probe = false, only } = options;
  const { inventory, hosts } = await loadSelection(values, {
    signal,
    warn: (text) => report.warn(text),
  });
  const password = await becomePassword(values);
  const fleet = readFleet(inventory, hosts, password && { becomePassword: password });
  const paths = fleetPathsOf(Deno.env, fleet.name);
  const hostsOptions = {
    ...options,
    hosts: selectedHosts(fleet).filter(({ name }) => only?.has(name) ?? true),
    roleOf: (host: FleetHost): string => programsOf(host).join("+"),
    fleet: fleet.name,
    auditFile: paths.auditFile,
  };
  return await runHostsCommand(context, hostsOptions, (hostsCommand) => {
    const { run, operator, emit } = hostsCommand;
    const verifier = new TunnelVerifier({ fleet, paths, enabled: probe, emit, signal });
    return body({
      ...hostsCommand,
      ...{ fleet, paths, verifier },
      work: new HostWork({ run, verifier, operator, command, signal }),
      lock: {
        path: hostPaths.lock,
        command,
        owner: `${operator.user}@${operator.machine}`,
        waitSeconds: change?.lockTimeout ?? 0,
        force: change?.forceUnlock ?? false,
      },
    });
  });
}
