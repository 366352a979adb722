import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { ConnectionSettings } from "./connection_settings.ts";

/** How `ssh` is told to connect. */
export interface SshTimings {
  /** How long a connection may take, in ms. */
  readonly connectTimeoutMs: number;
  /** How often a silent server is asked whether it is there, in s; it may fail to answer thrice. */
  readonly keepAliveIntervalSeconds: number;
  /** How long an unused master stays, in s. */
  readonly controlPersistSeconds: number;
  /** Whether the key of a host that is not known yet is taken for its own. */
  readonly acceptNewHostKeys: boolean;
}

/** Unanswered questions before a server counts as lost. */
const keepAliveCountMax = 3;
/** Room in a Unix socket's address on Linux and macOS, in bytes, without the NUL at its end. */
const maxSocketPathLength = 103;
/** `ssh` makes its socket under a longer name first: a dot and 16 letters. */
const temporaryNameLength = 17;

/**
 * The whole `ssh` command for a remote command.
 *
 * The first value of an option wins with `ssh`, so the user's arguments come first. They may want
 * what is switched off here: a terminal or forwarding are of no use to us and a risk to them.
 *
 * @param controlPath The socket of a master; `undefined` has none.
 * @param command For the host's login shell.
 */
export function sshCommand(
  settings: ConnectionSettings,
  timings: SshTimings,
  controlPath: string | undefined,
  command: string,
): string[] {
  const { address, port, user, privateKeyFile, sshArguments } = settings;
  const options = {
    BatchMode: "yes",
    StrictHostKeyChecking: timings.acceptNewHostKeys ? "accept-new" : "yes",
    ConnectTimeout: Math.ceil(timings.connectTimeoutMs / 1000),
    ServerAliveInterval: timings.keepAliveIntervalSeconds,
    ServerAliveCountMax: keepAliveCountMax,
    ...controlPath === undefined ? { ControlMaster: "no", ControlPath: "none" } : {
      ControlMaster: "auto",
      ControlPersist: timings.controlPersistSeconds,
      ControlPath: `"${controlPath.replaceAll("%", "%%")}"`,
    },
    RequestTTY: "no",
    RemoteCommand: "none",
    ForwardAgent: "no",
    ForwardX11: "no",
    ClearAllForwardings: "yes",
    // Says when we are logged in, which tells a network that is slow from a shell that is.
    LogLevel: "VERBOSE",
  };
  return [
    "ssh",
    ...sshArguments,
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(privateKeyFile === undefined ? [] : ["-i", privateKeyFile.replaceAll("%", "%%")]),
    // Whatever an address begins with, it is no option.
    ...["--", address, command],
  ];
}

/**
 * The socket of the `ssh` master for a host. All that makes a connection what it is counts, the
 * host's name too: connections share a master only when they are the same.
 *
 * @throws {ConfigError} when the directory's path is too long for a socket in it.
 */
export async function controlPath(
  settings: ConnectionSettings,
  controlDirectory: string,
): Promise<string> {
  const { host, address, port, user, privateKeyFile, sshArguments } = settings;
  const identity = JSON.stringify([host, address, port, user, privateKeyFile, sshArguments]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(identity));
  const path = `${controlDirectory}/${new Uint8Array(digest).toHex().slice(0, 16)}`;
  const length = new TextEncoder().encode(path).length + temporaryNameLength;
  if (length > maxSocketPathLength || /["\\$]/.test(path)) {
    throw new ConfigError(
      `Cannot keep the sockets of ssh in ${quote(controlDirectory)} as a socket's path must be ` +
        `at most ${maxSocketPathLength} bytes and without quotes, "\\" and "$": current length is ` +
        `${length}; ` +
        `set XDG_RUNTIME_DIR to a shorter directory`,
    );
  }
  return path;
}
