import type { Connection } from "../../ops/engine/connection/connection.ts";
import type { ConnectionSettings } from "../../ops/engine/connection/connection_settings.ts";
import { logIn } from "../../ops/engine/connection/login.ts";
import { randomNonce } from "../../ops/engine/connection/random_nonce.ts";
import { sessionCommand } from "../../ops/engine/connection/session_command.ts";
import { ShellProcess } from "../../ops/engine/connection/shell_process.ts";
import { ShellSession } from "../../ops/engine/connection/shell_session.ts";

/** How this machine is reached without `ssh`. */
export const localSettings: ConnectionSettings = {
  host: "local",
  transport: "local",
  address: "localhost",
  port: undefined,
  user: undefined,
  privateKeyFile: undefined,
  sshArguments: [],
  become: undefined,
};

/**
 * A session in a shell of this machine.
 *
 * @param shell Path of a program that is a POSIX shell under the name `sh`.
 */
export async function openLocalSession(shell = "/bin/sh"): Promise<Connection> {
  const settings = localSettings;
  const traffic = { bytesSent: 0, bytesReceived: 0, roundTrips: 0, processes: 0 };
  const [nonce, shellNonce] = [randomNonce(), randomNonce()];
  const command = sessionCommand(settings, shellNonce);
  const process = new ShellProcess({
    argv: [shell, ...command.argv.slice(1)],
    detached: true,
    traffic,
  });
  const { signal } = new AbortController();
  await logIn({ process, settings, command, shellNonce, nonce, timeoutMs: 10_000, signal });
  return new ShellSession({ host: settings.host, process, nonce, traffic, onEvent: () => {} });
}
