import { Backoff } from "../../../tunnel/backoff.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { pause } from "../../waiting.ts";
import { UnreachableError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionEvent } from "./connection_event.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { makeControlDirectory, retireMaster } from "./control_masters.ts";
import { logIn } from "./login.ts";
import { randomNonce } from "./random_nonce.ts";
import { sessionCommand } from "./session_command.ts";
import { ShellProcess, type ShellProcessOptions, type TrafficCounter } from "./shell_process.ts";
import { ShellSession } from "./shell_session.ts";
import { controlPath, sshCommand } from "./ssh_command.ts";
import { SilentProxyError } from "./ssh_failure.ts";

/** The first retry follows within this time, in ms; a server that restarts needs about as long. */
const retryBaseMs = 500;
/** The longest time between two attempts, in ms. */
const retryMaxMs = 4000;

/** How connections are made. */
export interface ConnectionOptions {
  /** Ends the attempt, but not the connection once there is one. */
  readonly signal: AbortSignal;
  /** Holds the sockets of ssh's masters; it is made if need be, for its owner alone. */
  readonly controlDirectory: string;
  /** From the start of the process until scripts can run, in ms; 10,000 by default. */
  readonly connectTimeoutMs?: number;
  /** How often a silent server is asked whether it is there, in s; 10 by default. */
  readonly keepAliveIntervalSeconds?: number;
  /** How often to try while the network is what fails; 3 by default, at least 1. */
  readonly attempts?: number;
  /** How long a master stays when nobody uses it, in s, more than 0; 60 by default. */
  readonly controlPersistSeconds?: number;
  /** Whether the key of a host that is not known yet is taken for its own; not by default. */
  readonly acceptNewHostKeys?: boolean;
  /** Hears what happens. */
  readonly onEvent?: (event: ConnectionEvent) => void;
}

/**
 * Connects to a host, and becomes the user that scripts shall run as. One process carries the
 * connection; with `ssh`, further connections with the same settings share its master.
 *
 * @throws {UnreachableError} when that is impossible; its reason says why.
 * @throws the signal's reason when it aborts, unless an attempt has failed before.
 * @throws {ConfigError} when there is no ssh, or no place for its sockets.
 */
export async function openConnection(
  settings: ConnectionSettings,
  options: ConnectionOptions,
): Promise<Connection> {
  const { signal, attempts = 3, controlDirectory, onEvent = () => {} } = options;
  const traffic = { bytesSent: 0, bytesReceived: 0, roundTrips: 0, processes: 0 };
  const backoff = new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs, random: Math.random });
  const isRemote = settings.transport === "ssh";
  let socket = isRemote ? await controlPath(settings, controlDirectory) : undefined;
  if (isRemote) makeControlDirectory(controlDirectory);
  let failure: UnreachableError | undefined;
  for (let attempt = 1;; attempt++) {
    // Why the attempt before has failed says more than that there is no time for another.
    if (signal.aborted) throw failure ?? signal.reason;
    try {
      return await connect(settings, options, socket, traffic);
    } catch (error) {
      if (signal.aborted) throw failure ?? error;
      if (!(error instanceof UnreachableError && error.reason === "network")) throw error;
      const isExplained = !(error instanceof SilentProxyError) || socket === undefined;
      if (isExplained && attempt >= attempts) throw error;
      onEvent({ type: "retry", host: settings.host, attempt, error });
      failure = error;
      // A master may believe for half a minute in a connection that is no more.
      if (socket !== undefined) await retireMaster(socket);
      if (!isExplained) socket = undefined;
    }
    await pause(backoff.next(), signal);
  }
}

async function connect(
  settings: ConnectionSettings,
  options: ConnectionOptions,
  socket: string | undefined,
  traffic: TrafficCounter,
): Promise<Connection> {
  const { signal, connectTimeoutMs: timeoutMs = 10_000, onEvent = () => {} } = options;
  const { host, transport } = settings;
  const nonce = randomNonce();
  const shellNonce = randomNonce();
  const command = sessionCommand(settings, shellNonce);
  const timings = {
    connectTimeoutMs: timeoutMs,
    keepAliveIntervalSeconds: options.keepAliveIntervalSeconds ?? 10,
    controlPersistSeconds: options.controlPersistSeconds ?? 60,
    acceptNewHostKeys: options.acceptNewHostKeys ?? false,
  };
  const argv = transport === "ssh"
    ? sshCommand(settings, timings, socket, command.text)
    : command.argv;
  onEvent({ type: "process", host, argv });
  // Ctrl-C must not end ssh, which is needed to end remote work. A local session would take all that
  // is in ours for its own.
  const detached = transport === "local" || hasTerminal();
  const process = startProcess({ argv, detached, traffic });
  try {
    await logIn({ process, settings, command, shellNonce, nonce, timeoutMs, signal });
    return new ShellSession({ host, process, nonce, traffic, onEvent });
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** Whether there may be a terminal whose keys send signals to us, and to what we start. */
function hasTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}

function startProcess(options: ShellProcessOptions): ShellProcess {
  try {
    return new ShellProcess(options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ConfigError(
      `Cannot connect as ${quote(options.argv[0]!)} must be installed and in PATH: there is none`,
      { cause: error },
    );
  }
}
