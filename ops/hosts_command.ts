/** What the commands on many hosts have in common: from their flags to a run on those hosts. */

import { ConfigError } from "../tunnel/errors.ts";
import type { OptionValues } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, errorText, exitCodeOf } from "./command.ts";
import type { ConnectionEvent } from "./engine/connection/connection_event.ts";
import { openConnection } from "./engine/connection/open_connection.ts";
import type { FleetEvent } from "./engine/run/event.ts";
import type { Operator } from "./fleet/audit_script.ts";
import { FleetRun } from "./fleet/fleet_run.ts";
import type { RunHost } from "./fleet/host_run.ts";
import type { changeOptions, connectionOptions, outputOptions } from "./fleet_options.ts";
import type { inventoryOptions } from "./inventory_options.ts";
import { openAnnotations } from "./run_annotations.ts";
import { controlDirectory } from "./state_home.ts";
import { commandText } from "./terminal/command_lines.ts";
import type { FleetProgress } from "./terminal/fleet_progress.ts";
import { beginRunOutput } from "./terminal/run_output.ts";

/** The flags that every command on many hosts has. */
export type HostsCommandValues =
  & OptionValues<typeof inventoryOptions>
  & OptionValues<typeof outputOptions>
  & OptionValues<typeof connectionOptions>;

/** The flags of those that change hosts. */
export type ChangeValues = OptionValues<typeof changeOptions>;

/** What a command is. */
export interface HostsCommandOptions<H extends RunHost> {
  /** Its name: `deploy`. */
  readonly command: string;
  /** Its arguments, for the audit and for the advice to run it again. */
  readonly argv: readonly string[];
  readonly values: HostsCommandValues;
  /** Flags of a command that changes hosts. */
  readonly change?: ChangeValues;
  /** Whether it is written to the audit: by default, when it changes hosts and not only checks. */
  readonly isAudited?: boolean;
  /** Also shows what scripts write, line by line. */
  readonly showOutput?: boolean;
  readonly hosts: readonly H[];
  /** What a host is, for people. */
  readonly roleOf: (host: H) => string;
  /** Name of the fleet, and where its audit is kept. */
  readonly fleet: string;
  readonly auditFile: string;
}

/** What a command on many hosts works with. */
export interface HostsCommand<H extends RunHost> {
  readonly run: FleetRun<H>;
  readonly operator: Operator;
  readonly progress: FleetProgress;
  /** Tells the sinks that the run begins; to be called before the first host is connected to. */
  readonly begin: (release: string | null) => void;
  readonly emit: (event: FleetEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the body of a command: shows what happens, closes all connections at the end, and tells the
 * sinks how it ended.
 *
 * @param body Does the work, and gives the exit code.
 * @throws what `body` throws.
 */
export async function runHostsCommand<H extends RunHost>(
  { screen, report, signal }: CommandContext,
  options: HostsCommandOptions<H>,
  body: (command: HostsCommand<H>) => Promise<number>,
): Promise<number> {
  const { command, argv, values, change, fleet, hosts } = options;
  const { json = false, verbose, quiet = false, events } = values;
  const operator = await currentOperator();
  const isChange = change !== undefined && change.check !== true;
  const { isAudited = isChange } = options;
  using output = beginRunOutput({
    ...{ screen, json, verbose, quiet, events },
    showOutput: options.showOutput ?? false,
    ...isAudited && {
      audit: {
        path: options.auditFile,
        origin: { ...operator, version: checkoutVersion(checkout) },
      },
    },
  });
  const emit = (event: FleetEvent): void => output.bus.emit(event);
  await using annotations = !isChange ? undefined : await openAnnotations({
    ...{ annotate: change.annotate, environment: Deno.env, operator },
    // The last event of a run is its end.
    warn: (text) =>
      output.progress.end === undefined ? emit({ type: "warning", text }) : report.warn(text),
  });
  if (annotations !== undefined) {
    output.bus.subscribe("the annotations in Grafana", annotations.sink);
  }
  const sockets = controlDirectory(Deno.env);
  await using run = new FleetRun<H>({
    ...{ hosts, forks: values.forks, emit, signal },
    connect: ({ connection }, signal) =>
      openConnection(connection, {
        signal,
        controlDirectory: sockets,
        connectTimeoutMs: values.connectTimeout * 1000,
        acceptNewHostKeys: values.acceptNewHostKeys ?? false,
        onEvent: (event) => emit(fleetEvent(event)),
      }),
  });
  const finish = (exitCode: number, error?: string): void =>
    emit({
      type: "run_finished",
      exitCode,
      ...error !== undefined && { error },
      ...isChange && exitCode !== 0 && {
        continueWith: commandText(["deno", "task", command, ...argv]),
      },
    });
  try {
    const exitCode = await body({
      ...{ run, operator, emit, signal, progress: output.progress },
      begin: (release) =>
        emit({
          type: "run_started",
          ...{ command, release, arguments: argv, fleet, check: change?.check ?? false },
          hosts: hosts.map((host) => ({ host: host.name, role: options.roleOf(host) })),
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

/** Who runs this command. Whoever works as root has come from somewhere. */
async function currentOperator(): Promise<Operator> {
  const user = ["SUDO_USER", "LOGNAME", "USER"].map((name) => Deno.env.get(name))
    .find((name) => name !== undefined && name !== "");
  // Only where the environment does not say: it takes a tenth of the time of a whole command.
  return { user: user ?? (await import("node:os")).userInfo().username, machine: Deno.hostname() };
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
